import type { Database } from '@app/store';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { fromNow } from './claim-rows.js';
import { outbox, type OutboxRow } from './outbox-table.js';

export interface FailedRow {
  row: OutboxRow;
  error: string;
  /** Milliseconds until it may be tried again. */
  delay: number;
}

/** What became of the rows that a relay had claimed. */
export interface Outcome {
  /** Ids of those that the broker has stored and confirmed. */
  published: string[];
  failed: FailedRow[];
  /** Ids of those behind a failed row of their key. */
  untried: string[];
}

/** Writes down what became of claimed rows and ends their leases. Repeating it, whole or from the middle, is harmless. */
export async function settleRows(db: Database, owner: string, outcome: Outcome): Promise<void> {
  const { published, failed, untried } = outcome;
  if (published.length > 0) {
    // Whoever has the lease by now: the broker has confirmed the event.
    await db
      .update(outbox)
      .set({ publishedAt: sql`now()`, leasedUntil: null, leaseOwner: null })
      .where(and(inArray(outbox.id, published), isNull(outbox.publishedAt)));
  }
  for (const { row, error, delay } of failed) {
    await db
      .update(outbox)
      .set({
        leasedUntil: fromNow(delay),
        leaseOwner: null,
        attempts: sql`${outbox.attempts} + 1`,
        lastError: error,
      })
      .where(and(eq(outbox.id, row.id), eq(outbox.leaseOwner, owner)));
  }
  if (untried.length > 0) {
    await db
      .update(outbox)
      .set({ leasedUntil: null, leaseOwner: null })
      .where(and(inArray(outbox.id, untried), eq(outbox.leaseOwner, owner)));
  }
}
