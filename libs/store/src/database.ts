import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

/** What a statement answers where Drizzle maps no rows: the fields that both drivers have. */
export interface StatementResult<Row> {
  rows: Row[];
  /** Rows returned or changed; null for commands that count none. */
  rowCount: number | null;
}

interface StatementResultOf extends PgQueryResultHKT {
  type: StatementResult<this['row']>;
}

/** The tables of a service, as its schema file exports them. */
export type Schema = Record<string, unknown>;

/**
 * A service's database, and also a transaction on it (`db.transaction(async (tx) => …)`), on PGlite as on PostgreSQL.
 *
 * Inside a transaction use `tx` alone: PGlite has one session, so a query on `db` would wait for the transaction that
 * waits for it. For the same reason wait for nothing but the database inside one.
 */
export type Database<Tables extends Schema = Schema> = PgDatabase<StatementResultOf, Tables>;
