import { InvalidDeclarationError, JetStreamStrategy } from '@cascade/jetstream';
import { Store, TablePurge } from '@cascade/store';
import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { inbox } from './inbox-table.js';
import { Inbox } from './inbox.js';

export interface InboxOptions {
  /**
   * Time for which a mark is kept, in milliseconds. This time must exceed the time for which the broker keeps the consumed
   * events. Otherwise, the broker could redeliver an event whose mark was removed.
   *
   * By default, marks are kept one day longer than the consumed events. For example, marks are kept for 8 days if events are kept
   * for 7 days. If the service also consumes failure events, which are kept for 30 days, marks are kept for 31 days. An operator
   * may have set a longer time for events on the broker. Unless `keepMarks` exceeds that time, the default applies, and a warning
   * is logged.
   *
   * If a failure is replayed after the mark of the failed event was removed, the work is repeated.
   */
  keepMarks?: number;
}

const INBOX_OPTIONS = Symbol('inbox options');
const INBOX_PURGE = Symbol('inbox purge');
const DAY = 24 * 60 * 60 * 1_000;

/** Provides the inbox of a service. The module needs `StoreModule` and `JetStreamModule`. */
@Module({})
export class InboxModule implements OnModuleInit {
  constructor(
    @Inject(INBOX_OPTIONS) private readonly options: InboxOptions,
    private readonly strategy: JetStreamStrategy,
  ) {}

  static forRoot(options: InboxOptions = {}): DynamicModule {
    return {
      module: InboxModule,
      global: true,
      providers: [
        { provide: INBOX_OPTIONS, useValue: options },
        { provide: INBOX_PURGE, inject: [Store, JetStreamStrategy, INBOX_OPTIONS], useFactory: purgeOf },
        Inbox,
      ],
      exports: [Inbox],
    };
  }

  /**
   * @throws InvalidDeclarationError if an event could be redelivered after its mark was removed, or if `keepMarks` is not finite.
   *   The start then fails.
   */
  onModuleInit(): void {
    const { eventsKeptFor } = this.strategy;
    const { keepMarks = eventsKeptFor + DAY } = this.options;
    if (keepMarks > eventsKeptFor && Number.isFinite(keepMarks)) return;
    throw new InvalidDeclarationError(
      `The inbox keeps its marks for ${keepMarks} ms (keepMarks), but the broker keeps the events of this service for ` +
        `${eventsKeptFor} ms. An event that is delivered again after its mark was removed would be handled twice. ` +
        'Keep marks for longer than events, or keep events for a shorter time (streams.events.maxAge and streams.failures.maxAge of the system).',
    );
  }
}

function purgeOf(store: Store, strategy: JetStreamStrategy, { keepMarks }: InboxOptions): TablePurge {
  let hasWarned = false;
  const warnOnce = (keptFor: number): void => {
    if (!hasWarned) new Logger('Inbox').warn(tooShortText(keepMarks!, keptFor));
    hasWarned = true;
  };
  const keepFor = (): number => {
    const { eventsKeptFor } = strategy;
    if (keepMarks !== undefined && keepMarks > eventsKeptFor) return keepMarks;
    if (keepMarks !== undefined) warnOnce(eventsKeptFor);
    return eventsKeptFor + DAY;
  };
  // The times on the broker are known only after the start. Before the start, only the declared times are known.
  const after = strategy.untilStarted();
  return new TablePurge(store, { column: inbox.processedAt, keepFor, after, name: 'old marks of the inbox' });
}

function tooShortText(keepMarks: number, keptFor: number): string {
  return (
    `The inbox should keep its marks for ${keepMarks} ms (keepMarks), but the broker keeps the events of this service for ` +
    `${keptFor} ms. The marks are kept for one day longer than the events. Raise keepMarks.`
  );
}
