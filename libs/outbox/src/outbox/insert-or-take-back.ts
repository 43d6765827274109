import { placeholdersOf, prepared, type Database, type Row } from '@cascade/store';
import { and, eq, getTableColumns, getTableName, notExists, sql } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { outbox } from './outbox-table.js';

/** A row that the database may have already. */
export interface NewRow<Table extends PgTable> {
  table: Table;
  /** The column that decides: no two rows have the same value in it. It needs a unique index. */
  unique: keyof Row<Table> & string;
  row: Row<Table>;
}

/** Name of a placeholder. It has a space, so that no property of a row has the same name. */
const EVENT_ID = 'event id';

/** One for each unique column: to build it takes Drizzle longer than the database takes to run it. */
const statements = new WeakMap<PgColumn, ReturnType<typeof statementFor>>();

/** Inserts the row. If the database has another row like it, that row stays as it is, and the event is deleted again. */
export async function insertOrTakeBack<Table extends PgTable>(
  tx: Database,
  eventId: string,
  { table, unique, row }: NewRow<Table>,
): Promise<void> {
  const column = getTableColumns<PgTable>(table)[unique]!;
  let statement = statements.get(column);
  if (!statement) statements.set(column, (statement = statementFor(table, unique, column)));
  await statement(tx).execute({ ...row, [EVENT_ID]: eventId });
}

/**
 * The conflict is an update that changes nothing, because an update locks the other row. So transactions with the same value
 * wait for one another, whether the value is new or known.
 */
function statementFor(table: PgTable, unique: string, column: PgColumn) {
  return prepared((tx: Database) => {
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
