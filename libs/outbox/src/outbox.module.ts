import { InvalidDeclarationError } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { Module, type DynamicModule } from '@nestjs/common';
import { lte } from 'drizzle-orm';
import { fromNow } from './claim-rows.js';
import { OUTBOX_OPTIONS, OutboxRelay, type OutboxOptions } from './outbox-relay.js';
import { outbox } from './outbox-table.js';
import { Outbox } from './outbox.js';
import { Purge } from './purge.js';
import { OutboxDesk } from './requests/outbox-desk.js';

const OUTBOX_PURGE = Symbol('outbox purge');
const HOUR = 60 * 60 * 1_000;

/** The outbox of a service, and the relay that publishes it. Needs `StoreModule` and `JetStreamModule`. */
@Module({})
export class OutboxModule {
  /** @throws InvalidDeclarationError where an option cannot work */
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
        {
          provide: OUTBOX_PURGE,
          inject: [Store],
          useFactory: (store: Store) => purgeOf(store, keepPublished),
        },
        OutboxRelay,
        Outbox,
        OutboxDesk,
      ],
      exports: [Outbox, OutboxRelay],
    };
  }
}

function purgeOf(store: Store, keepPublished: number): Purge {
  const old = () => lte(outbox.publishedAt, fromNow(-keepPublished));
  return new Purge(store, { table: outbox, old, name: 'published events' });
}
