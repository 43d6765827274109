import { sql } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Schema } from './database.js';
import { ReadOnlyDatabaseError, reasonOf, StoreUnavailableError } from './errors.js';

/** Timeout of the readiness check, in milliseconds. */
const READY_WITHIN = 1_000;

/** Open database, as a driver returns it. */
export interface Connection<Tables extends Schema> {
  readonly db: Database<Tables>;
  /** Location of the database for messages, without the password: the host, port and database, or the folder. */
  readonly place: string;
  close(): Promise<void>;
}

/** Database of a service. `openStore` and `StoreModule` create it. */
export class Store<Tables extends Schema = Schema> {
  readonly db: Database<Tables>;
  private closing: Promise<void> | undefined;

  constructor(
    readonly kind: 'pglite' | 'postgres',
    private readonly connection: Connection<Tables>,
  ) {
    this.db = connection.db;
  }

  /**
   * Checks whether the database answers within a second and accepts writes.
   *
   * @throws StoreUnavailableError with the reason
   */
  async ready(): Promise<void> {
    if (this.closing) throw this.unavailable('it was closed');
    const checked = this.db.transaction(assertWritable).catch((cause: unknown) => {
      throw this.unavailable(reasonOf(cause), cause);
    });
    const late = `no answer within ${READY_WITHIN} ms`;
    const reason = await Promise.race([checked, sleep(READY_WITHIN, late, { ref: false })]);
    if (reason) throw this.unavailable(reason);
  }

  /** Waits for running queries and closes the database. May be called more than once. */
  close(): Promise<void> {
    this.closing ??= this.connection.close();
    return this.closing;
  }

  private unavailable(reason: string, cause?: unknown): StoreUnavailableError {
    return new StoreUnavailableError(`${this.connection.place} is not available: ${reason}`, { cause });
  }
}

/** Throws if the server is read-only. Needs a transaction, because a failed transaction drops the read-only connection. */
async function assertWritable(tx: Database): Promise<void> {
  const { rows } = await tx.execute(sql`select current_setting('transaction_read_only') as value`);
  if (rows[0]?.['value'] !== 'off') throw new ReadOnlyDatabaseError();
}
