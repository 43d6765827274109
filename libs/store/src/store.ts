import { sql } from 'drizzle-orm';
import type { Database, Schema } from './database.js';
import { ReadOnlyDatabaseError, reasonOf, StoreUnavailableError } from './errors.js';

/** Milliseconds within which the database must answer to count as ready. */
const READY_WITHIN = 1_000;

/** An open database, as the drivers hand it over. */
export interface Connection<Tables extends Schema> {
  readonly db: Database<Tables>;
  /** Where it is, for people: host, port and database, or the folder. No password. */
  readonly place: string;
  close(): Promise<void>;
}

/** A service's own database. Made by `openStore` or `StoreModule`. */
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
   * Readiness check: the database must say within a second that it takes writes.
   *
   * @throws StoreUnavailableError with the reason
   */
  async ready(): Promise<void> {
    if (this.closing) throw this.unavailable('it was closed');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${READY_WITHIN} ms`)), READY_WITHIN);
    });
    try {
      await Promise.race([this.db.transaction(assertWritable), late]);
    } catch (cause) {
      throw this.unavailable(reasonOf(cause), cause);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for running queries, then lets go of the database. Closing twice is harmless. */
  close(): Promise<void> {
    this.closing ??= this.connection.close();
    return this.closing;
  }

  private unavailable(reason: string, cause?: unknown): StoreUnavailableError {
    return new StoreUnavailableError(`${this.connection.place} is not available: ${reason}`, { cause });
  }
}

/** In a transaction, which gives up a connection that leads to a read-only server. */
async function assertWritable(tx: Database): Promise<void> {
  const { rows } = await tx.execute(sql`select current_setting('transaction_read_only') as value`);
  if (rows[0]?.['value'] !== 'off') throw new ReadOnlyDatabaseError();
}
