import { fromNow, type Database } from '@cascade/store';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Lease } from './claim-rows.js';
import { outbox, type OutboxRow } from './outbox-table.js';

export interface RefusedRow {
  row: OutboxRow;
  error: string;
}

export interface FailedRow extends RefusedRow {
  /** Milliseconds until it may be tried again. */
  delay: number;
}

/** Results of the rows that a relay had claimed. */
export interface Outcome {
  /** Ids of the rows that the broker has stored and confirmed. */
  published: string[];
  /** Rows that the broker will never accept. */
  refused: RefusedRow[];
  failed: FailedRow[];
  /** Ids of the rows behind a failed row of their key. */
  untried: string[];
}

export interface Settlement {
  lease: Lease;
  /** Remove published rows instead of marking them. */
  remove: boolean;
}

/** Stores the results of claimed rows and ends their leases. It may be repeated, even after it was interrupted. */
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

/** Does not check the lease: another relay may have it now, but the broker has confirmed the events. */
async function settlePublished(db: Database, ids: string[], remove: boolean): Promise<void> {
  // A single parameter: to write 500 of them takes Drizzle longer than the server takes to find the rows.
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
