import { getTableColumns, getTableName, sql } from 'drizzle-orm';
import type { PgInsertValue, PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.js';

/**
 * Prepares a statement. On a PostgreSQL server, the statement is built and parsed only once for each connection, instead of at
 * each use. The server may also reuse the plan of the statement. Use a prepared statement if every request or event runs the
 * statement. Do not use a prepared statement if its best plan depends on the size of the tables.
 *
 * @param prepare Builds the statement for a database or a transaction. The statement has an `sql.placeholder` for each value that
 *   changes. The name of the statement must be unique in the service:
 *   `(db) => db.insert(notes).values({ text: sql.placeholder('text') }).prepare('add_note')`
 */
export function prepared<Db extends object, Statement>(
  prepare: (db: Db) => Statement,
): (db: Db) => Statement {
  const known = new WeakMap<Db, Statement>();
  return (db) => {
    let statement = known.get(db);
    if (!statement) known.set(db, (statement = prepare(db)));
    return statement;
  };
}

/** Whole row of a table, with a value for every column. An empty column has the value null. */
export type Row<Table extends PgTable> = Required<Table['$inferInsert']>;

/**
 * Prepares an insert of whole rows (see {@link prepared}). The statement is named after the table, so prepare only one insert for
 * each table.
 */
export function preparedInsert<Table extends PgTable>(
  table: Table,
): (tx: Pick<Database, 'insert'>, row: Row<Table>) => Promise<void> {
  const statement = prepared((tx: Pick<Database, 'insert'>) =>
    tx
      .insert(table)
      .values(placeholdersOf(table))
      .prepare(`insert_${getTableName(table)}`),
  );
  return async (tx, row) => {
    await statement(tx).execute(row);
  };
}

/**
 * Returns a placeholder for each column of a table, for use as the values of an insert. A placeholder has the name of the
 * column's property.
 */
export function placeholdersOf<Table extends PgTable>(table: Table): PgInsertValue<Table> {
  const names = Object.keys(getTableColumns(table));
  return Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as PgInsertValue<Table>;
}
