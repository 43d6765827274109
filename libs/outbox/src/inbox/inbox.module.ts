import { EVENTS_STREAM, InvalidDeclarationError, JetStreamStrategy } from '@app/jetstream';
import { Store } from '@app/store';
import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { lte } from 'drizzle-orm';
import { fromNow } from '../claim-rows.js';
import { Purge } from '../purge.js';
import { inbox } from './inbox-table.js';
import { Inbox } from './inbox.js';

export interface InboxOptions {
  /**
   * Milliseconds for which it is remembered that an event was worked on: longer than the broker keeps events, and may
   * deliver them again. Default a day longer than that: 8 days where events are kept for 7.
   *
   * Failure events, and the events that they carry, are kept longer. One that comes, or is replayed, later than this
   * has its work done again.
   */
  keepMarks?: number;
}

const KEEP_MARKS = Symbol('milliseconds for which marks are kept');
const INBOX_PURGE = Symbol('inbox purge');
const DAY = 24 * 60 * 60 * 1_000;

/** The inbox of a service. Needs `StoreModule` and `JetStreamModule`. */
@Module({})
export class InboxModule implements OnModuleInit {
  constructor(
    @Inject(KEEP_MARKS) private readonly keepMarks: number,
    private readonly strategy: JetStreamStrategy,
  ) {}

  static forRoot({ keepMarks }: InboxOptions = {}): DynamicModule {
    return {
      module: InboxModule,
      global: true,
      providers: [
        {
          provide: KEEP_MARKS,
          inject: [JetStreamStrategy],
          useFactory: ({ eventsKeptFor }: JetStreamStrategy) => keepMarks ?? eventsKeptFor + DAY,
        },
        { provide: INBOX_PURGE, inject: [Store, KEEP_MARKS], useFactory: purgeOf },
        Inbox,
      ],
      exports: [Inbox],
    };
  }

  /** @throws InvalidDeclarationError where an event could come again when its mark is gone; the start fails then */
  onModuleInit(): void {
    const { eventsKeptFor } = this.strategy;
    if (this.keepMarks > eventsKeptFor && Number.isFinite(this.keepMarks)) return;
    throw new InvalidDeclarationError(
      `The inbox keeps its marks for ${this.keepMarks} ms (keepMarks), but the stream ${EVENTS_STREAM} keeps events for ` +
        `${eventsKeptFor} ms: an event that comes again after its mark is gone would be worked on twice. ` +
        'Keep marks longer than events, or events shorter (JetStreamModule, events.maxAge).',
    );
  }
}

function purgeOf(store: Store, keepMarks: number): Purge {
  const old = lte(inbox.processedAt, fromNow(-keepMarks));
  return new Purge(store, { table: inbox, old, name: 'old marks of the inbox' });
}
