import { InvalidDeclarationError } from '@cascade/jetstream';
import { TablePurge } from '@cascade/store';
import { Module, type DynamicModule } from '@nestjs/common';
import { OUTBOX_OPTIONS, OutboxRelay, type OutboxOptions } from './outbox-relay.js';
import { outbox } from './outbox-table.js';
import { Outbox } from './outbox.js';
import { OutboxDesk } from '../requests/outbox-desk.js';

const HOUR = 60 * 60 * 1_000;

/**
 * Provides the outbox of a service, and the relay that publishes its events. The module needs `StoreModule` and
 * `JetStreamModule`.
 */
@Module({})
export class OutboxModule {
  /** @throws InvalidDeclarationError if `keepPublished` is negative or not a number */
  static forRoot(options: OutboxOptions = {}): DynamicModule {
    const { keepPublished = HOUR } = options;
    if (!(keepPublished >= 0 && Number.isFinite(keepPublished))) {
      throw new InvalidDeclarationError(`keepPublished must be 0 ms or more, found ${keepPublished}.`);
    }
    return {
      module: OutboxModule,
      global: true,
      providers: [
        { provide: OUTBOX_OPTIONS, useValue: options },
        TablePurge.provider({
          column: outbox.publishedAt,
          keepFor: keepPublished,
          name: 'published events',
        }),
        OutboxRelay,
        Outbox,
        OutboxDesk,
      ],
      exports: [Outbox, OutboxRelay],
    };
  }
}
