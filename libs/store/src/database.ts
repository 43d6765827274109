import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** Result of a statement whose rows Drizzle does not map. This type has only the fields that both drivers return. */
export interface StatementResult<Row> {
  rows: Row[];
  /** Number of rows that were returned or changed; null if the command does not count rows. */
  rowCount: number | null;
}

interface StatementResultOf extends PgQueryResultHKT {
  type: StatementResult<this['row']>;
}

/** Tables of a service, as its schema file exports them. */
export type Schema = Record<string, unknown>;

/**
 * Database of a service, on PGlite or PostgreSQL. A transaction (`db.transaction(async (tx) => …)`) has the same type.
 *
 * Inside a transaction, use only `tx`. PGlite has only one session. A query on `db` would wait for the transaction, and the
 * transaction would wait for the query. For the same reason, a transaction must wait only for the database.
 */
export type Database<Tables extends Schema = Schema> = PgDatabase<StatementResultOf, Tables>;
