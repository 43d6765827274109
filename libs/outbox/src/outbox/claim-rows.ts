import { fromNow, type Database } from '@cascade/store';
import { and, eq, inArray, isNull, lt, lte, notExists, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { isWaiting, outbox, type OutboxRow } from './outbox-table.js';

export interface Lease {
  /** Id of the relay that has the lease. */
  owner: string;
  /** Duration of the lease, in milliseconds. */
  duration: number;
}

/**
 * Claims waiting rows under a lease, in their order. No other relay can claim these rows until the lease runs out. Call this
 * function only if the relay has no rows in flight. The claim includes rows that this relay has already leased. The relay does
 * not know of such rows if the database failed during an earlier claim.
 *
 * The head of a key is its first waiting row. A relay that claims the head owns the key, and only this relay can claim the rows
 * behind the head. This rule keeps the order of a key across relays. Relays that claim at the same time lock different heads. If
 * a head has changed before its lock is granted, PostgreSQL checks the conditions for the head again.
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
