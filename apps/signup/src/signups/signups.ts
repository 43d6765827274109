import { UserSignedUp } from '@app/contracts';
import { Outbox } from '@app/outbox';
import { Store, type Database } from '@app/store';
import { Injectable } from '@nestjs/common';
import { eq, TransactionRollbackError } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { requestHash } from './idempotency.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import type * as schema from './schema.js';
import { signups, users } from './schema.js';
import type { SignUpRequest } from './sign-up-request.js';
import type { SignupAccepted } from './signup-answers.js';

@Injectable()
export class Signups {
  constructor(
    private readonly store: Store<typeof schema>,
    private readonly outbox: Outbox,
    private readonly idempotencyKeys: IdempotencyKeys,
  ) {}

  /**
   * Writes the user and the event in one transaction. An address that has signed up before is answered just the same, and
   * changes nothing.
   *
   * @param idempotencyKey of an earlier request: the answer is that request's
   * @throws IdempotencyKeyReusedException where that request had another body
   */
  async accept(request: SignUpRequest, idempotencyKey?: string): Promise<SignupAccepted> {
    const accepted = await this.store.db.transaction(async (tx) => {
      const id = uuidv7();
      const now = new Date();
      if (idempotencyKey !== undefined) {
        const claim = { key: idempotencyKey, requestHash: requestHash(request), signupId: id, now };
        const earlier = await this.idempotencyKeys.claim(tx, claim);
        if (earlier) return earlier;
      }
      const correlationId = await this.signUp(tx, id, request, now);
      await tx.insert(signups).values({ id, correlationId, receivedAt: now });
      return { id, correlationId };
    });
    this.outbox.wake();
    return accepted;
  }

  async find(id: string): Promise<typeof signups.$inferSelect | undefined> {
    const [signup] = await this.store.db.select().from(signups).where(eq(signups.id, id));
    return signup;
  }

  /**
   * Makes the user and announces it. For a known address the event is written as well, and taken back: neither the answer
   * nor the time that it takes tells who has an account.
   *
   * @returns the correlation id
   */
  private async signUp(
    tx: Database<typeof schema>,
    id: string,
    request: SignUpRequest,
    now: Date,
  ): Promise<string> {
    let correlationId = '';
    const attempt = tx.transaction(async (savepoint) => {
      const isNew = await insertUser(savepoint, id, request, now);
      const event = new UserSignedUp({ userId: id, ...request, signedUpAt: now.toISOString() });
      ({ correlationId } = await this.outbox.add(savepoint, event, { key: id }));
      if (!isNew) savepoint.rollback();
    });
    await attempt.catch((error: unknown) => {
      if (!(error instanceof TransactionRollbackError)) throw error;
    });
    return correlationId;
  }
}

/** @returns false where the address has a user already; a concurrent signup of the same address is waited for */
async function insertUser(
  tx: Database<typeof schema>,
  id: string,
  request: SignUpRequest,
  signedUpAt: Date,
): Promise<boolean> {
  const inserted = await tx
    .insert(users)
    .values({ id, ...request, emailKey: request.email.toLowerCase(), signedUpAt })
    .onConflictDoNothing({ target: users.emailKey })
    .returning({ id: users.id });
  return inserted.length > 0;
}
