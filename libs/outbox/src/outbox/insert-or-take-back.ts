import { placeholdersOf, prepared, type Database, type Row } from '@cascade/store';
import { and, eq, getTableColumns, getTableName, notExists, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { outbox } from './outbox-table.js';

/** Methods of a database or a transaction that the outbox uses. The methods do not depend on the schema. */
export type Transaction = Pick<Database, 'insert' | 'select' | 'with' | '$with'>;

/** Row that the database may already contain. */
export interface NewRow<Table extends PgTable> {
  table: Table;
  /** Column that identifies the row. The column needs a unique index. */
  unique: keyof Row<Table> & string;
  row: Row<Table>;
}

/**
 * Name of the placeholder for the event id. The name contains a space, so that it differs from the name of every property of a
 * row.
 */
const EVENT_ID = 'event id';

/** Cached statements by unique column. Drizzle takes longer to build a statement than the database takes to run it. */
const statements = new WeakMap<PgColumn, ReturnType<typeof statementFor>>();

/**
 * Inserts the row. If a row with the same unique value already exists, the existing row is kept, and the event with the given id
 * is deleted from the outbox.
 */
export async function insertOrTakeBack<Table extends PgTable>(
  tx: Transaction,
  eventId: string,
  { table, unique, row }: NewRow<Table>,
): Promise<void> {
  const column = getTableColumns<PgTable>(table)[unique]!;
  let statement = statements.get(column);
  if (!statement) statements.set(column, (statement = statementFor(table, unique, column)));
  await statement(tx).execute({ ...row, [EVENT_ID]: eventId });
}

/**
 * Builds the statement. On a conflict, the statement performs an update that changes nothing, because an update locks the
 * existing row. Transactions with the same value therefore wait for one another, even if the row already exists.
 */
function statementFor(table: PgTable, unique: string, column: PgColumn) {
  return prepared((tx: Transaction) => {
    const newRow = tx.$with('new_row').as(
      tx
        .insert(table)
        .values(placeholdersOf(table))
        .onConflictDoUpdate({
          target: column,
          set: { [unique]: sql`excluded.${sql.identifier(column.name)}` },
          setWhere: sql`false`,
        })
        .returning({ isNew: sql<boolean>`true`.as('is_new') }),
    );
    return tx
      .with(newRow)
      .delete(outbox)
      .where(and(eq(outbox.id, sql.placeholder(EVENT_ID)), notExists(tx.select().from(newRow))))
      .prepare(`cascade_outbox_new_${getTableName(table)}_${column.name}`);
  });
}
