import { streams } from '@app/contracts';
import {
  JetStreamConnection,
  JetStreamModule,
  JetStreamStrategy,
  Pauses,
  Publishes,
  UnreadEvents,
} from '@cascade/jetstream';
import { connectionsFor } from '@cascade/outbox';
import { HealthModule } from '@cascade/service';
import { findMigrations, Store, StoreModule, TablePurge } from '@cascade/store';
import { type DynamicModule, Module } from '@nestjs/common';
import { DeliveryLog } from './delivery-log/delivery-log.js';
import * as schema from './delivery-log/schema.js';
import { EmailGateway } from './gateways/email-gateway.js';
import { MailedTextGateway } from './gateways/mailed-text-gateway.js';
import { TEXT_GATEWAY } from './gateways/notification-gateway.js';
import { TwilioGateway } from './gateways/twilio-gateway.js';
import type { NotifierConfig } from './notifier-config.js';
import { WelcomeProcessor } from './welcome/welcome.processor.js';

const DAY = 24 * 60 * 60 * 1_000;

@Module({})
export class NotifierModule {
  static forRoot(config: NotifierConfig): DynamicModule {
    const { natsUrl, databaseUrl, dataDir, daysOfDeliveries, smtpUrl, sender, twilio, drainTimeout } = config;
    return {
      module: NotifierModule,
      imports: [
        JetStreamModule.forRoot({
          source: 'notifier',
          servers: natsUrl,
          streams: config.streamsOf(streams),
          drainTimeout,
        }),
        StoreModule.forRoot({
          schema,
          migrations: findMigrations('notifier', import.meta.url),
          databaseUrl,
          dataDir: dataDir ?? '.data/notifier',
          connections: connectionsFor(WelcomeProcessor),
        }),
        HealthModule.forRoot({
          checks: { nats: JetStreamConnection, database: Store, processors: JetStreamStrategy },
          // These parts are optional. A pause ends without intervention, and another replica would use the same mail server.
          optional: { pauses: Pauses, publishes: Publishes, unread: UnreadEvents },
        }),
      ],
      controllers: [WelcomeProcessor],
      providers: [
        { provide: EmailGateway, useFactory: () => new EmailGateway({ smtpUrl, from: sender }) },
        {
          provide: TEXT_GATEWAY,
          inject: [EmailGateway],
          useFactory: (email: EmailGateway) =>
            twilio ? new TwilioGateway(twilio) : new MailedTextGateway(email),
        },
        {
          provide: DeliveryLog,
          inject: [Store],
          useFactory: (store: Store<typeof schema>) => new DeliveryLog(store),
        },
        TablePurge.provider({
          column: schema.deliveries.claimedAt,
          keepFor: daysOfDeliveries * DAY,
          name: 'old deliveries',
        }),
      ],
    };
  }
}
