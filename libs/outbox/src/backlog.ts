import type { Database } from '@app/store';
import { isNull, min, sql } from 'drizzle-orm';
import { isWaiting, outbox } from './outbox-table.js';

/** What an outbox holds beside published rows. */
export interface Backlog {
  /** Rows still to be published, those that are being published included. */
  waiting: number;
  /** Milliseconds that the oldest of them has waited; 0 where there is none. */
  oldestAge: number;
  /** Rows that the broker refused for good. */
  setAside: number;
}

export async function readBacklog(db: Database): Promise<Backlog> {
  const waiting = isWaiting(outbox);
  const age = sql`extract(epoch from now() - ${min(outbox.createdAt)} filter (where ${waiting})) * 1000`;
  const [backlog] = await db
    .select({
      waiting: sql`count(*) filter (where ${waiting})`.mapWith(Number),
      oldestAge: sql`coalesce(${age}, 0)`.mapWith(Number),
      setAside: sql`count(${outbox.setAsideAt})`.mapWith(Number),
    })
    .from(outbox)
    .where(isNull(outbox.publishedAt));
  return backlog!;
}
