import { UserSignedUp } from '@app/contracts';
import { outbox, Outbox } from '@cascade/outbox';
import { prepared, Store, type Database } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { and, eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { requestHash } from './idempotency.js';
import { claimKey } from './idempotency-keys.js';
import type * as schema from './schema.js';
import { signups, users } from './schema.js';
import type { SignUpRequest } from './sign-up-request.js';
import type { SignupAccepted } from './signup-answers.js';

@Injectable()
export class Signups {
  constructor(
    private readonly store: Store<typeof schema>,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Writes the user and the event in one transaction. An address that has signed up before is answered just the same, and
   * changes nothing. The user's id is not part of the answer: asked for at another service it would tell which of the two it was.
   *
   * @param idempotencyKey of an earlier request: the answer is that request's
   * @throws IdempotencyKeyReusedException where that request had another body
   */
  async accept(request: SignUpRequest, idempotencyKey?: string): Promise<SignupAccepted> {
    const now = new Date();
    const id = uuidv7();
    // Of chance alone: it must not follow from the ids that are answered.
    const userId = randomUUID();
    const event = new UserSignedUp({ userId, ...request, signedUpAt: now.toISOString() });
    const announcement = await this.outbox.prepare(event, { key: userId });
    const signup = { id, correlationId: announcement.id, receivedAt: now };
    const accepted = await this.store.db.transaction(async (tx) => {
      if (idempotencyKey !== undefined) {
        const claim = { key: idempotencyKey, requestHash: requestHash(request), signupId: id, now };
        const earlier = await claimKey(tx, claim);
        if (earlier) return earlier;
      }
      const values = {
        ...signup,
        ...request,
        userId,
        phone: request.phone ?? null,
        emailKey: request.email.toLowerCase(),
      };
      // Sent together, in this order: for a known address the event is written as well, and taken back by the second. Neither the
      // answer nor the time that it takes tells who has an account.
      await Promise.all([announcement.addTo(tx), writeSignup(tx).execute(values)]);
      return { id, correlationId: signup.correlationId };
    });
    this.outbox.wake();
    return accepted;
  }

  async find(id: string): Promise<typeof signups.$inferSelect | undefined> {
    const [signup] = await this.store.db.select().from(signups).where(eq(signups.id, id));
    return signup;
  }
}

/**
 * In one statement, since each costs a round trip. A concurrent signup of the same address is waited for, also of a known one,
 * whose row is locked and left as it is: otherwise requests that come together would tell by their times that it is known.
 */
const writeSignup = prepared((tx: Database<typeof schema>) => {
  const id = sql.placeholder('id');
  const correlationId = sql.placeholder('correlationId');
  const receivedAt = sql.placeholder('receivedAt');
  const newUser = tx.$with('new_user').as(
    tx
      .insert(users)
      .values({
        id: sql.placeholder('userId'),
        email: sql.placeholder('email'),
        emailKey: sql.placeholder('emailKey'),
        name: sql.placeholder('name'),
        phone: sql.placeholder('phone'),
        locale: sql.placeholder('locale'),
        signedUpAt: receivedAt,
      })
      .onConflictDoUpdate({
        target: users.emailKey,
        set: { emailKey: sql`excluded.email_key` },
        setWhere: sql`false`,
      })
      .returning({ id: users.id }),
  );
  const isKnown = sql`not exists (select from ${newUser})`;
  const takenBack = tx.$with('taken_back').as(
    tx
      .delete(outbox)
      .where(and(eq(outbox.id, correlationId), isKnown))
      .returning({ id: outbox.id }),
  );
  return tx
    .with(newUser, takenBack)
    .insert(signups)
    .values({ id, correlationId, receivedAt })
    .prepare('write_signup');
});
