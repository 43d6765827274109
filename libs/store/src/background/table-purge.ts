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
   * Column with the time from which the age of a row counts. It needs an index. Rows in which it is null are kept. The table must
   * not be partitioned: rows in partitions are kept too.
   */
  column: PgColumn;
  /** Milliseconds for which a row is kept. A function is called before each chunk, after the service has started. */
  keepFor: number | (() => number);
  /** Nothing is removed before this resolves. Default: removing begins at once. */
  after?: Promise<void>;
  /** Name of the rows in the log, in the plural: `old deliveries`. */
  name: string;
  /** Milliseconds between two searches for old rows. Default 60,000. */
  every?: number;
}

const EVERY = 60_000;
/** Rows that one statement removes. A longer statement would make other statements wait. */
const CHUNK = 1_000;

/**
 * Removes old rows of a table in the background while the service runs. Replicas may do so at the same time: each removes rows
 * that no other replica has locked.
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

  /** Makes a provider for a module. Needs `StoreModule`. */
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

  /** Waits until the statement in flight has ended. */
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
        this.outage.begin(
          `${name} cannot be removed; trying again in ${every / 1_000} s: ${reasonOf(error)}`,
        );
      }
      await this.timer.wait(every);
    }
  }

  /**
   * Finds rows by their place (`ctid`), so the table needs no primary key of one column. The first step locks the rows, so none
   * can move before the second one. A row that another statement has just changed stays until the next search.
   *
   * `only` is needed because a `ctid` is unique within one table. Without it, an old row of one partition would delete a young
   * row at the same place in another partition.
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
