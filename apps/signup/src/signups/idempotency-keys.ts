import { fromNow, type Database } from '@cascade/store';
import { eq, lt } from 'drizzle-orm';
import { IdempotencyKeyReusedException, KEYS_KEPT_FOR_MS } from './idempotency.js';
import type * as schema from './schema.js';
import { idempotencyKeys, signups } from './schema.js';
import type { SignupAccepted } from './signup-answers.js';

export interface Claim {
  key: string;
  requestHash: string;
  signupId: string;
  now: Date;
}

/**
 * Claims the key for a new signup. A parallel request with the same key waits until the transaction of the first request has
 * ended.
 *
 * A key is as old as its signup, and the clock of the database measures both ages. A valid key always has its signup, because
 * signups are kept longer (`MIN_SIGNUP_DAYS`).
 *
 * @returns The signup of an earlier request with the key; undefined if no earlier request has used the key, or if the key has
 *   expired.
 * @throws IdempotencyKeyReusedException if the earlier request had another body
 */
export async function claimKey(
  tx: Database<typeof schema>,
  { key, requestHash, signupId, now }: Claim,
): Promise<SignupAccepted | undefined> {
  const row = { requestHash, signupId, createdAt: now };
  const claimed = await tx
    .insert(idempotencyKeys)
    .values({ key, ...row })
    .onConflictDoUpdate({
      target: idempotencyKeys.key,
      set: row,
      setWhere: lt(idempotencyKeys.createdAt, fromNow(-KEYS_KEPT_FOR_MS)),
    })
    .returning({ key: idempotencyKeys.key });
  if (claimed.length > 0) return undefined;

  const [earlier] = await tx
    .select({
      id: signups.id,
      correlationId: signups.correlationId,
      requestHash: idempotencyKeys.requestHash,
    })
    .from(idempotencyKeys)
    .innerJoin(signups, eq(signups.id, idempotencyKeys.signupId))
    .where(eq(idempotencyKeys.key, key));
  if (earlier?.requestHash !== requestHash) throw new IdempotencyKeyReusedException();
  return { id: earlier.id, correlationId: earlier.correlationId };
}
