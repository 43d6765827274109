import type { Database } from '@cascade/store';
import { and, isNotNull, isNull, type SQL } from 'drizzle-orm';
import { readBacklog } from './backlog.js';
import { isWaiting, outbox } from './outbox-table.js';
import { lineOf, type OutboxContent, type UnpublishedEvent } from '../requests/outbox-requests.js';

/** @param limit Maximum number of set-aside events to list, starting with the oldest. */
export async function readContent(db: Database, limit: number): Promise<OutboxContent> {
  const { waiting, setAside } = await readBacklog(db);
  const [oldest] = waiting > 0 ? await first(db, isWaiting(outbox), 1) : [];
  const isSetAside = and(isNull(outbox.publishedAt), isNotNull(outbox.setAsideAt));
  const setAsideEvents = setAside > 0 ? await first(db, isSetAside, limit) : [];
  return { waiting, ...(oldest ? { oldest } : {}), setAside, setAsideEvents };
}

/** Returns the first events without their data, because the data does not concern operators. */
async function first(db: Database, condition: SQL | undefined, limit: number): Promise<UnpublishedEvent[]> {
  const { id, name, createdAt, attempts, lastError } = outbox;
  const rows = await db
    .select({ id, name, createdAt, attempts, lastError })
    .from(outbox)
    .where(condition)
    .orderBy(outbox.position)
    .limit(limit);
  return rows.map(({ name: event, createdAt: addedAt, lastError: error, ...row }) => ({
    ...row,
    event,
    addedAt: addedAt.toISOString(),
    ...(error === null ? {} : { error: lineOf(error) }),
  }));
}
