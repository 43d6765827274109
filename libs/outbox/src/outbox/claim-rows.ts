import { fromNow, type Database } from '@cascade/store';
import { and, eq, inArray, isNull, lt, lte, notExists, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { isWaiting, outbox, type OutboxRow } from './outbox-table.js';

export interface Lease {
  /** Id of the relay that has the lease. */
  owner: string;
  /** Milliseconds. */
  duration: number;
}

/**
 * Claims waiting rows under a lease, in their order: no other relay claims them until the lease runs out. Call it when the relay
 * has no rows in flight. Rows that it has leased already are claimed again: it did not learn of them because the database failed.
 *
 * The relay that claims the head of a key, its first waiting row, owns the key. All rows behind the head are left to that relay,
 * which keeps the order of a key across relays. Two relays at once lock different heads. PostgreSQL checks a head that has
 * changed again after it has locked it.
 */
export async function claimRows(db: Database, lease: Lease, limit: number): Promise<OutboxRow[]> {
  const earlier = alias(outbox, 'earlier');
  const before = db
    .select({ position: earlier.position })
    .from(earlier)
    .where(and(eq(earlier.key, outbox.key), isWaiting(earlier), lt(earlier.position, outbox.position)));
  const heads = db.$with('heads').as(
    db
      .select({ key: outbox.key })
      .from(outbox)
      .where(
        and(
          isWaiting(outbox),
          or(
            isNull(outbox.leasedUntil),
            lte(outbox.leasedUntil, sql`now()`),
            eq(outbox.leaseOwner, lease.owner),
          ),
          notExists(before),
        ),
      )
      .orderBy(outbox.position)
      .limit(limit)
      .for('update', { skipLocked: true }),
  );
  const rows = db
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(isWaiting(outbox), inArray(outbox.key, db.select({ key: heads.key }).from(heads))))
    .orderBy(outbox.position)
    .limit(limit);
  const claimed = await db
    .with(heads)
    .update(outbox)
    .set({ leasedUntil: fromNow(lease.duration), leaseOwner: lease.owner })
    .where(inArray(outbox.id, rows))
    .returning();
  return claimed.sort((a, b) => a.position - b.position);
}
