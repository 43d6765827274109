import { getTableColumns, getTableName, sql } from 'drizzle-orm';
import type { PgInsertValue, PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.js';

/**
 * A statement that Drizzle builds, and a PostgreSQL server plans, once for each connection instead of at each use. Use it for
 * statements that every request or event runs. The plan fits tables of any size, so do not use it for statements whose best plan
 * depends on the size.
 *
 * @param prepare Builds the statement for a database or a transaction. It has an `sql.placeholder` for each value that changes,
 *   and a name that no other statement of the service has:
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

/** A whole row of a table: a value for every column, null if there is none. */
export type Row<Table extends PgTable> = Required<Table['$inferInsert']>;

/** A {@link prepared} insert of whole rows. It is named after the table, so make one for each table. */
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

/** A placeholder for each column of a table, as the values of an insert. It has the name of the column's property. */
export function placeholdersOf<Table extends PgTable>(table: Table): PgInsertValue<Table> {
  const names = Object.keys(getTableColumns(table));
  return Object.fromEntries(names.map((name) => [name, sql.placeholder(name)])) as PgInsertValue<Table>;
}
