import { fromNow, type Database } from '@cascade/store';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Lease } from './claim-rows.js';
import { outbox, type OutboxRow } from './outbox-table.js';

export interface RefusedRow {
  row: OutboxRow;
  error: string;
}

export interface FailedRow extends RefusedRow {
  /** Delay before the row may be retried, in milliseconds. */
  delay: number;
}

/** Results for the rows that a relay has claimed. */
export interface Outcome {
  /** Ids of the rows that the broker has stored and confirmed. */
  published: string[];
  /** Rows that the broker will never accept. */
  refused: RefusedRow[];
  failed: FailedRow[];
  /** Ids of the rows that were not tried, because an earlier row of their key failed. */
  untried: string[];
}

export interface Settlement {
  lease: Lease;
  /** True to remove published rows instead of marking them. */
  remove: boolean;
}

/** Stores the results of claimed rows and ends their leases. The call may be repeated, even if an earlier call failed halfway. */
export async function settleRows(
  db: Database,
  outcome: Outcome,
  { lease, remove }: Settlement,
): Promise<void> {
  const { published, refused, failed, untried } = outcome;
  if (published.length > 0) await settlePublished(db, published, remove);
  const own = eq(outbox.leaseOwner, lease.owner);
  const ended = { leasedUntil: null, leaseOwner: null };
  const attempts = sql`${outbox.attempts} + 1`;
  for (const { row, error } of refused) {
    await db
      .update(outbox)
      .set({ ...ended, attempts, setAsideAt: sql`now()`, lastError: error })
      .where(and(eq(outbox.id, row.id), own));
  }
  for (const { row, error, delay } of failed) {
    await db
      .update(outbox)
      .set({ ...ended, attempts, leasedUntil: fromNow(delay), lastError: error })
      .where(and(eq(outbox.id, row.id), own));
  }
  if (untried.length > 0) {
    await db
      .update(outbox)
      .set(ended)
      .where(and(inArray(outbox.id, untried), own));
  }
}

/**
 * Marks or removes published rows. The lease is not checked, because the broker has confirmed the events even if another relay
 * now holds the lease.
 */
async function settlePublished(db: Database, ids: string[], remove: boolean): Promise<void> {
  // Sends all ids as one parameter. Drizzle takes longer to write 500 parameters than the server takes to find the rows.
  const published = sql`${outbox.id} = any(${sql.param(ids)}::uuid[])`;
  if (remove) {
    await db.delete(outbox).where(published);
  } else {
    await db
      .update(outbox)
      .set({ publishedAt: sql`now()`, leasedUntil: null, leaseOwner: null })
      .where(and(published, isNull(outbox.publishedAt)));
  }
}
