import { EventPublisher } from '@cascade/jetstream';
import { InterruptibleTimer, OutageLog, reasonOf, Store } from '@cascade/store';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBacklog, type Backlog } from './backlog.js';
import { claimRows, type Lease } from './claim-rows.js';
import type { OutboxRow } from './outbox-table.js';
import { publishRows, type Publisher } from './publish-rows.js';
import { settleRows, type Outcome } from './settle-rows.js';

export interface OutboxOptions {
  /**
   * Duration of the lease on claimed rows, in milliseconds. If the relay is killed, another relay publishes the rows after this
   * time. A publish that is not confirmed within two thirds of the lease counts as failed and is retried. Default 30,000.
   */
  lease?: number;
  /** Time for which published rows are kept for inspection, in milliseconds; 0 to remove them immediately. Default 3,600,000. */
  keepPublished?: number;
}

export const OUTBOX_OPTIONS = Symbol('outbox options');

const DEFAULT_LEASE = 30_000;
/** Maximum number of rows that are claimed, published and settled together. */
const BATCH = 500;
/** Interval between two polls of the outbox, in milliseconds. After a full batch, the next poll follows immediately. */
const POLL = 250;
/** Timeout for publishes in flight when the relay stops, in milliseconds. */
const STOP_WITHIN = 2_000;

/** Publishes the rows of the outbox. The relays of several replicas share the work. */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly database = new OutageLog(this.logger, 'the outbox can be read and written again');
  private readonly publishing = new OutageLog(this.logger, 'events are published again');
  private readonly pollTimer = new InterruptibleTimer();
  private readonly lease: Lease;
  private running: Promise<void> | undefined;
  private stopping = false;
  private batch: AbortController | undefined;

  constructor(
    private readonly store: Store,
    @Inject(EventPublisher) private readonly publisher: Publisher,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
  ) {
    this.lease = { owner: randomUUID(), duration: options.lease ?? DEFAULT_LEASE };
  }

  onApplicationBootstrap(): void {
    this.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Wakes the relay, so that it polls the outbox immediately. */
  wake(): void {
    this.pollTimer.interrupt();
  }

  /**
   * Stops the relay. The relay claims no more rows, and waits up to 2 s for the rows in flight. Unpublished rows stay in the
   * outbox.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    const timer = setTimeout(() => this.batch?.abort(), STOP_WITHIN);
    await this.running;
    clearTimeout(timer);
  }

  /** Returns the numbers of waiting and set-aside events, and the age of the oldest waiting event, for metrics. */
  backlog(): Promise<Backlog> {
    return readBacklog(this.store.db);
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const rows = (await this.tryDatabase(() => claimRows(this.store.db, this.lease, BATCH))) ?? [];
      if (rows.length > 0) await this.settle(await this.publish(rows));
      if (rows.length < BATCH) await this.pollTimer.wait(POLL);
    }
  }

  private async publish(rows: OutboxRow[]): Promise<Outcome> {
    const batch = new AbortController();
    this.batch = batch;
    // The limit on listeners is lifted, because each row in flight may add a listener.
    setMaxListeners(0, batch.signal);
    // Abort well before another relay may claim the rows. Otherwise, a late publish could overtake the publishes of that relay.
    const timer = setTimeout(() => batch.abort(), (this.lease.duration * 2) / 3);
    const outcome = await publishRows(this.publisher, rows, batch.signal);
    clearTimeout(timer);
    this.report(outcome);
    return outcome;
  }

  /**
   * Stores the outcome. Retries until the database has stored the outcome, or until the relay stops. A published row without a
   * mark would be republished. After the duplicate window, the broker would then store the event twice.
   */
  private async settle(outcome: Outcome): Promise<void> {
    const settlement = { lease: this.lease, remove: this.options.keepPublished === 0 };
    const settled = () => settleRows(this.store.db, outcome, settlement).then(() => true);
    while (!(await this.tryDatabase(settled)) && !this.stopping) await sleep(POLL);
  }

  /**
   * Runs `work` on the database. Resolves to undefined if the database fails, because a database error must not end the relay.
   */
  private async tryDatabase<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.database.end();
      return result;
    } catch (error) {
      this.database.begin(
        `the outbox cannot be read or written; trying again every ${POLL} ms: ${reasonOf(error)}`,
      );
      return undefined;
    }
  }

  /**
   * Logs each refused row, and the first failure of each failed row. If no row was published, logs one line for all failed rows
   * instead. That line is not repeated until a row is published.
   */
  private report({ published, refused, failed }: Outcome): void {
    for (const { row, error } of refused) {
      this.logger.error(
        `event ${row.id} (${row.name}) is set aside, and the events behind it are published: ${error} ` +
          `To publish it after all: node cascade outbox put-back ${row.id}`,
      );
    }
    if (published.length > 0) this.publishing.end();
    for (const { row, error } of failed.filter(({ row }) => row.attempts === 0)) {
      if (published.length > 0)
        this.logger.warn(`event ${row.id} (${row.name}) waits in the outbox: ${error}`);
      else this.publishing.begin(`events cannot be published and wait in the outbox: ${error}`);
    }
  }
}
