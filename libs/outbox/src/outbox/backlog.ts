import type { Database } from '@cascade/store';
import { isNull, sql } from 'drizzle-orm';
import { outbox } from './outbox-table.js';

/** Counts of an outbox's rows that are not published. */
export interface Backlog {
  /** Rows still to be published, including those in flight. */
  waiting: number;
  /** Milliseconds that the oldest of these rows has waited. 0 if there is none. */
  oldestAge: number;
  /** Rows that the broker refused for good. */
  setAside: number;
}

/** @param most Rows to look at, oldest first. Default all of them, which is slow if millions wait. */
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
