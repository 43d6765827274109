import { InvalidDeclarationError, JetStreamStrategy } from '@cascade/jetstream';
import { Store, TablePurge } from '@cascade/store';
import { Inject, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { inbox } from './inbox-table.js';
import { Inbox } from './inbox.js';

export interface InboxOptions {
  /**
   * Milliseconds for which it is remembered that an event was worked on: longer than the broker keeps what the service
   * consumes, and may deliver it again. Default a day longer than that: 8 days where events are kept for 7, and 31 days where
   * the service consumes failure events, which are kept for 30. If an operator has raised the time of the broker above this, the
   * default applies instead, and the log warns.
   *
   * A failure that is replayed later than this has its work done again.
   */
  keepMarks?: number;
}

const INBOX_OPTIONS = Symbol('inbox options');
const INBOX_PURGE = Symbol('inbox purge');
const DAY = 24 * 60 * 60 * 1_000;

/** The inbox of a service. Needs `StoreModule` and `JetStreamModule`. */
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

  /** @throws InvalidDeclarationError where an event could come again when its mark is gone; the start fails then */
  onModuleInit(): void {
    const { eventsKeptFor } = this.strategy;
    const { keepMarks = eventsKeptFor + DAY } = this.options;
    if (keepMarks > eventsKeptFor && Number.isFinite(keepMarks)) return;
    throw new InvalidDeclarationError(
      `The inbox keeps its marks for ${keepMarks} ms (keepMarks), but what the service consumes is kept for ` +
        `${eventsKeptFor} ms: an event that comes again after its mark is gone would be worked on twice. ` +
        'Keep marks longer than events, or events shorter (streams.events.maxAge and streams.failures.maxAge of the system).',
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
  // Before, only the declared times are known, not those of the broker.
  const after = strategy.untilStarted();
  return new TablePurge(store, { column: inbox.processedAt, keepFor, after, name: 'old marks of the inbox' });
}

function tooShortText(keepMarks: number, keptFor: number): string {
  return (
    `The inbox was to keep its marks for ${keepMarks} ms (keepMarks), but the broker keeps what the service consumes for ` +
    `${keptFor} ms. Marks are kept for a day longer than that. Raise keepMarks.`
  );
}
