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
   * Column with the time from which the age of a row is counted. The column needs an index. Rows with null in this column are
   * kept. The table must not be partitioned, because rows in partitions are never removed.
   */
  column: PgColumn;
  /**
   * Time for which a row is kept, in milliseconds. If `keepFor` is a function, the function is called before each chunk is
   * removed.
   */
  keepFor: number | (() => number);
  /** Promise that must resolve before the first row is removed. By default, removal begins when the application starts. */
  after?: Promise<void>;
  /** Plural name of the rows for log messages, for example `old deliveries`. */
  name: string;
  /** Interval between two searches for old rows, in milliseconds. Default 60,000. */
  every?: number;
}

const EVERY = 60_000;
/**
 * Maximum number of rows that one statement removes. A statement that removes more rows would make other statements wait longer.
 */
const CHUNK = 1_000;

/**
 * Removes old rows of a table in the background while the service runs. Several replicas may remove rows at the same time,
 * because each replica skips rows that another replica has locked.
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

  /** Creates a provider for a module. The module needs `StoreModule`. */
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

  /** Called by Nest before `StoreModule` closes the database. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  start(): void {
    if (!this.stopping) this.running ??= this.run();
  }

  /** Stops the purge, and waits until the statement in flight has ended. */
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
   * Removes a chunk of old rows, and returns the number of removed rows. The rows are found by their physical location (`ctid`),
   * so the table does not need a single-column primary key. The subquery locks the rows, so no row can move before it is deleted.
   * A row that another statement has just changed is kept until the next search.
   *
   * `only` is needed because a `ctid` is unique only within one table. Without `only`, the statement would also delete young rows
   * at the same locations in other partitions.
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
