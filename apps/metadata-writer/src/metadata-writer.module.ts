import { streams } from '@app/contracts';
import {
  JetStreamConnection,
  JetStreamModule,
  JetStreamStrategy,
  Pauses,
  Publishes,
  UnreadEvents,
} from '@cascade/jetstream';
import { connectionsFor, InboxModule } from '@cascade/outbox';
import { HealthModule } from '@cascade/service';
import { findMigrations, Store, StoreModule } from '@cascade/store';
import { type DynamicModule, Module } from '@nestjs/common';
import type { MetadataWriterConfig } from './metadata-writer-config.js';
import * as schema from './user-metadata/schema.js';
import { UserMetadataController } from './user-metadata/user-metadata.controller.js';
import { UserMetadataProcessor } from './user-metadata/user-metadata.processor.js';

@Module({})
export class MetadataWriterModule {
  static forRoot(config: MetadataWriterConfig): DynamicModule {
    const { natsUrl, databaseUrl, dataDir, drainTimeout } = config;
    return {
      module: MetadataWriterModule,
      imports: [
        JetStreamModule.forRoot({
          source: 'metadata-writer',
          servers: natsUrl,
          streams: config.streamsOf(streams),
          drainTimeout,
        }),
        StoreModule.forRoot({
          schema,
          migrations: findMigrations('metadata-writer', import.meta.url),
          databaseUrl,
          dataDir: dataDir ?? '.data/metadata-writer',
          connections: connectionsFor(UserMetadataProcessor),
        }),
        InboxModule.forRoot(),
        HealthModule.forRoot({
          checks: { nats: JetStreamConnection, database: Store, processors: JetStreamStrategy },
          // These parts are optional. A pause ends without intervention, and rows can be read while a processor is paused.
          optional: { pauses: Pauses, publishes: Publishes, unread: UnreadEvents },
        }),
      ],
      controllers: [UserMetadataController, UserMetadataProcessor],
    };
  }
}
