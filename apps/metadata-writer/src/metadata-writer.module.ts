import { JetStreamConnection, JetStreamModule, JetStreamStrategy, Pauses, Publishes } from '@app/jetstream';
import { InboxModule } from '@app/outbox';
import { HealthModule } from '@app/service';
import { findMigrations, Store, StoreModule } from '@app/store';
import { type DynamicModule, Module } from '@nestjs/common';
import type { MetadataWriterConfig } from './metadata-writer-config.js';
import * as schema from './user-metadata/schema.js';
import { UserMetadataController } from './user-metadata/user-metadata.controller.js';
import { UserMetadataRecorder } from './user-metadata/user-metadata-recorder.js';

@Module({})
export class MetadataWriterModule {
  static forRoot({ natsUrl, databaseUrl, dataDir, drainTimeout }: MetadataWriterConfig): DynamicModule {
    return {
      module: MetadataWriterModule,
      imports: [
        JetStreamModule.forRoot({ source: 'metadata-writer', servers: natsUrl, drainTimeout }),
        StoreModule.forRoot({
          schema,
          migrations: findMigrations('metadata-writer', import.meta.url),
          databaseUrl,
          dataDir: dataDir ?? '.data/metadata-writer',
        }),
        InboxModule.forRoot(),
        HealthModule.forRoot({
          checks: { nats: JetStreamConnection, database: Store, processors: JetStreamStrategy },
          // Paused processors go on by themselves; meanwhile rows can be read.
          optional: { pauses: Pauses, publishes: Publishes },
        }),
      ],
      controllers: [UserMetadataController, UserMetadataRecorder],
    };
  }
}
