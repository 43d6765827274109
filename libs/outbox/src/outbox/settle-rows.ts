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

/** What became of the rows that a relay had claimed. */
export interface Outcome {
  /** Ids of those that the broker has stored and confirmed. */
  published: string[];
  /** Those that it will never take. */
  refused: RefusedRow[];
  failed: FailedRow[];
  /** Ids of those behind a failed row of their key. */
  untried: string[];
}

export interface Settlement {
  lease: Lease;
  /** Remove published rows instead of marking them. */
  remove: boolean;
}

/** Writes down what became of claimed rows and ends their leases. Repeating it, whole or from the middle, is harmless. */
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

/** Whoever has the lease by now: the broker has confirmed the events. */
async function settlePublished(db: Database, ids: string[], remove: boolean): Promise<void> {
  // One parameter, however many they are: Drizzle takes longer to write five hundred than the server to find them.
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
