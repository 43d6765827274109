import { reasonOf, type Store } from '@cascade/store';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { Alarm } from './alarm.js';
import { Outage } from './outage.js';

export interface PurgeOptions {
  table: PgTable;
  /** Which rows are to go: a condition that an index serves. Asked for at each look. */
  old: () => SQL;
  /** Nothing is removed before. Default: at once. */
  after?: Promise<void>;
  /** What they are, for the log. */
  name: string;
  /** Milliseconds between two looks. Default 60,000. */
  every?: number;
}

const EVERY = 60_000;
/** Rows that one statement removes, so that none holds up the database for long. */
const CHUNK = 1_000;

/** Removes old rows of a table in the background. Replicas may do so at once: each takes rows that no other has locked. */
export class Purge implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly alarm = new Alarm();
  private readonly outage: Outage;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly store: Store,
    private readonly options: PurgeOptions,
  ) {
    this.outage = new Outage(new Logger('Purge'), `${options.name} are removed again`);
  }

  onApplicationBootstrap(): void {
    const { after = Promise.resolve() } = this.options;
    void after.then(() => this.start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  start(): void {
    if (!this.stopping) this.running ??= this.run();
  }

  /** Waits for the statement under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.alarm.ring();
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
      await this.alarm.pause(every);
    }
  }

  /** By the place of the rows: any key will do, and the rows are locked, so that they stay where they are. */
  private async removeChunk(): Promise<number> {
    const { table, old } = this.options;
    const chunk = sql`select ctid from ${table} where ${old()} limit ${CHUNK} for update skip locked`;
    const removed = await this.store.db.execute(
      sql`delete from ${table} where ctid = any (array(${chunk})) returning 1`,
    );
    return removed.rows.length;
  }
}
