import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** Result of a statement whose rows Drizzle does not map: the fields that both drivers have. */
export interface StatementResult<Row> {
  rows: Row[];
  /** Number of rows that were returned or changed. Null if the command counts no rows. */
  rowCount: number | null;
}

interface StatementResultOf extends PgQueryResultHKT {
  type: StatementResult<this['row']>;
}

/** The tables of a service, as its schema file exports them. */
export type Schema = Record<string, unknown>;

/**
 * A service's database, on PGlite or PostgreSQL. A transaction on it has the same type: `db.transaction(async (tx) => …)`.
 *
 * Inside a transaction, use only `tx`. PGlite has one session: a query on `db` would wait for the transaction, which waits for
 * the query. For the same reason, wait for nothing but the database.
 */
export type Database<Tables extends Schema = Schema> = PgDatabase<StatementResultOf, Tables>;
