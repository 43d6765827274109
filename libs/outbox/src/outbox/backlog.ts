import type { Database } from '@cascade/store';
import { isNull, sql } from 'drizzle-orm';
import { outbox } from './outbox-table.js';

/** Numbers of unpublished rows in an outbox, and the age of the oldest waiting row. */
export interface Backlog {
  /** Number of rows that are still to be published, including rows in flight. */
  waiting: number;
  /** Time for which the oldest waiting row has waited, in milliseconds; 0 if no row is waiting. */
  oldestAge: number;
  /** Number of rows that the broker refused permanently. */
  setAside: number;
}

/**
 * @param most Maximum number of rows to read, starting with the oldest. Default: all rows, which is slow for millions of rows.
 */
export async function readBacklog(db: Database, most = Number.MAX_SAFE_INTEGER): Promise<Backlog> {
  const unpublished = db
    .select({ createdAt: outbox.createdAt, setAsideAt: outbox.setAsideAt })
    .from(outbox)
    .where(isNull(outbox.publishedAt))
    .orderBy(outbox.position)
    .limit(most)
    .as('unpublished');
  const waiting = sql`${unpublished.setAsideAt} is null`;
  const age = sql`extract(epoch from now() - min(${unpublished.createdAt}) filter (where ${waiting})) * 1000`;
  const [backlog] = await db
    .select({
      waiting: sql`count(*) filter (where ${waiting})`.mapWith(Number),
      oldestAge: sql`coalesce(${age}, 0)`.mapWith(Number),
      setAside: sql`count(${unpublished.setAsideAt})`.mapWith(Number),
    })
    .from(unpublished);
  return backlog!;
}
