import {
  Logger,
  type BeforeApplicationShutdown,
  type FactoryProvider,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { lte, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { reasonOf } from '../errors.js';
import { fromNow } from '../from-now.js';
import { InterruptibleTimer } from './interruptible-timer.js';
import { OutageLog } from './outage-log.js';
import { Store } from '../store.js';

export interface TablePurgeOptions {
  /**
   * The time from which a row's age counts: a column with an index. Rows without that time are kept. The table must not be
   * partitioned: rows of its partitions are kept too.
   */
  column: PgColumn;
  /** Milliseconds for which a row is kept. A function is called before each chunk, and never before the service has started. */
  keepFor: number | (() => number);
  /** Nothing is removed before. Default: removes at once. */
  after?: Promise<void>;
  /** The plural of what is removed, for the log: `old deliveries`. */
  name: string;
  /** Milliseconds between two searches for old rows. Default 60,000. */
  every?: number;
}

const EVERY = 60_000;
/** Rows that one statement removes. A longer statement would make others wait. */
const CHUNK = 1_000;

/**
 * Removes old rows of a table, when the service starts and from then on in the background. Replicas may do so at the same time:
 * each removes rows that no other has locked.
 */
export class TablePurge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly timer = new InterruptibleTimer();
  private readonly outage: OutageLog;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly store: Store,
    private readonly options: TablePurgeOptions,
  ) {
    this.outage = new OutageLog(new Logger('Purge'), `${options.name} are removed again`);
  }

  /** For the `providers` of a module. Needs `StoreModule`. */
  static provider(options: TablePurgeOptions): FactoryProvider<TablePurge> {
    return {
      provide: Symbol(`purge of ${options.name}`),
      inject: [Store],
      useFactory: (store: Store) => new TablePurge(store, options),
    };
  }

  onApplicationBootstrap(): void {
    const { after = Promise.resolve() } = this.options;
    void after.then(() => this.start());
  }

  /** Nest calls this before `StoreModule` closes the database. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  start(): void {
    if (!this.stopping) this.running ??= this.run();
  }

  /** Waits for the statement in flight. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.timer.interrupt();
    await this.running;
  }

  private async run(): Promise<void> {
    const { name, every = EVERY } = this.options;
    while (!this.stopping) {
      try {
        while ((await this.removeChunk()) === CHUNK && !this.stopping);
        this.outage.end();
      } catch (error) {
        this.outage.begin(`${name} cannot be removed, trying again later: ${reasonOf(error)}`);
      }
      await this.timer.wait(every);
    }
  }

  /**
   * Finds rows by their place, so that a table needs no key of one column. A row cannot move between the two steps: the first
   * one locks it. A row that another statement has just changed is judged by its new values, and stays until the next search.
   *
   * `only`, because a place is unique within one table. Without it, an old row of one partition would take with it a young row
   * at the same place of another.
   */
  private async removeChunk(): Promise<number> {
    const { column, keepFor } = this.options;
    const { table } = column;
    const age = typeof keepFor === 'number' ? keepFor : keepFor();
    const old = lte(column, fromNow(-age));
    const chunk = sql`select ctid from only ${table} where ${old} limit ${CHUNK} for update skip locked`;
    const removed = await this.store.db.execute(
      sql`delete from only ${table} where ctid = any (array(${chunk})) returning 1`,
    );
    return removed.rows.length;
  }
}
