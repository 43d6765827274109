import { UserSignedUp } from '@app/contracts';
import { newEventId } from '@app/jetstream';
import { outbox, Outbox } from '@app/outbox';
import { Store, type Database } from '@app/store';
import { Injectable } from '@nestjs/common';
import { and, eq, sql } from 'drizzle-orm';
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
      const signup = { id, correlationId: newEventId(), receivedAt: now };
      await this.signUp(tx, signup, request);
      return { id, correlationId: signup.correlationId };
    });
    this.outbox.wake();
    return accepted;
  }

  async find(id: string): Promise<typeof signups.$inferSelect | undefined> {
    const [signup] = await this.store.db.select().from(signups).where(eq(signups.id, id));
    return signup;
  }

  /**
   * Announces the user and makes it. For a known address the event is written as well, and taken back: neither the answer nor the
   * time that it takes tells who has an account.
   */
  private async signUp(tx: Database<typeof schema>, signup: Signup, request: SignUpRequest): Promise<void> {
    const { id, correlationId, receivedAt } = signup;
    const event = new UserSignedUp({ userId: id, ...request, signedUpAt: receivedAt.toISOString() });
    await this.outbox.add(tx, event, { key: id, id: correlationId });
    await writeSignup(tx, signup, request);
  }
}

type Signup = typeof signups.$inferSelect;

/** In one statement, since each costs a round trip. A concurrent signup of the same address is waited for. */
async function writeSignup(
  tx: Database<typeof schema>,
  signup: Signup,
  request: SignUpRequest,
): Promise<void> {
  const { id, correlationId, receivedAt } = signup;
  const user = { id, ...request, emailKey: request.email.toLowerCase(), signedUpAt: receivedAt };
  const newUser = tx
    .$with('new_user')
    .as(
      tx
        .insert(users)
        .values(user)
        .onConflictDoNothing({ target: users.emailKey })
        .returning({ id: users.id }),
    );
  const isKnown = sql`not exists (select from ${newUser})`;
  const takenBack = tx.$with('taken_back').as(
    tx
      .delete(outbox)
      .where(and(eq(outbox.id, correlationId), isKnown))
      .returning({ id: outbox.id }),
  );
  await tx.with(newUser, takenBack).insert(signups).values(signup);
}
