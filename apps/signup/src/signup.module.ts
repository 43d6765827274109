import { streams, UserSignedUp } from '@app/contracts';
import { JetStreamConnection, JetStreamModule, Publishes } from '@cascade/jetstream';
import { Outbox, OutboxModule } from '@cascade/outbox';
import { HealthModule } from '@cascade/service';
import { findMigrations, Store, StoreModule, TablePurge } from '@cascade/store';
import { Module, type DynamicModule } from '@nestjs/common';
import type { SignupConfig } from './signup-config.js';
import { KEYS_KEPT_FOR_MS } from './signups/idempotency.js';
import * as schema from './signups/schema.js';
import { SignupQuota } from './signups/signup-quota.js';
import { SignupsController } from './signups/signups.controller.js';
import { Signups } from './signups/signups.js';

@Module({})
export class SignupModule {
  static forRoot(config: SignupConfig): DynamicModule {
    const { natsUrl, databaseUrl, dataDir = '.data/signup', drainTimeout } = config;
    return {
      module: SignupModule,
      imports: [
        JetStreamModule.forRoot({
          source: 'signup',
          servers: natsUrl,
          streams: config.streamsOf(streams),
          drainTimeout,
          publishes: [UserSignedUp],
        }),
        StoreModule.forRoot({
          schema,
          migrations: findMigrations('signup', import.meta.url),
          databaseUrl,
          dataDir,
        }),
        OutboxModule.forRoot(),
        // While the broker is down, signups are still accepted, and the outbox keeps their events.
        HealthModule.forRoot({
          checks: { database: Store },
          optional: { nats: JetStreamConnection, publishes: Publishes, outbox: Outbox },
        }),
      ],
      controllers: [SignupsController],
      providers: [
        { provide: SignupQuota, useFactory: () => new SignupQuota(config.signupsPerMinute) },
        Signups,
        TablePurge.provider({
          column: schema.idempotencyKeys.createdAt,
          keepFor: KEYS_KEPT_FOR_MS,
          name: 'old idempotency keys',
        }),
        TablePurge.provider({
          column: schema.signups.receivedAt,
          keepFor: config.signupsKeptForMs,
          name: 'old signups',
        }),
      ],
    };
  }
}
