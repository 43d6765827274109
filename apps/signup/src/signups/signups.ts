import { UserSignedUp } from '@app/contracts';
import { Outbox } from '@cascade/outbox';
import { preparedInsert, Store } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { requestHash } from './idempotency.js';
import { claimKey } from './idempotency-keys.js';
import type * as schema from './schema.js';
import { signups, users } from './schema.js';
import type { SignUpRequest } from './sign-up-request.js';
import type { SignupAccepted } from './signup-answers.js';

const insertSignup = preparedInsert(signups);

@Injectable()
export class Signups {
  constructor(
    private readonly store: Store<typeof schema>,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Writes the signup, the user and the user's event in one transaction. If the address is already known, the existing user is
   * kept unchanged, and no event is published. Neither the response nor the time until the response reveals who has an account
   * (ADR 5).
   *
   * @param idempotencyKey Key of the request. If an earlier request had the same key, the result of the earlier request is
   *   returned and nothing is written.
   * @throws IdempotencyKeyReusedException if the earlier request had another body
   */
  async accept(request: SignUpRequest, idempotencyKey?: string): Promise<SignupAccepted> {
    const receivedAt = new Date();
    const id = uuidv7();
    // The user id is random, so that it cannot be derived from the ids in the response.
    const userId = randomUUID();
    const event = new UserSignedUp({ userId, ...request, signedUpAt: receivedAt.toISOString() });
    const announcement = await this.outbox.prepare(event, { key: userId });
    const { correlationId } = announcement;
    const user = {
      ...request,
      id: userId,
      phone: request.phone ?? null,
      emailKey: request.email.toLowerCase(),
      signedUpAt: receivedAt,
    };

    const accepted = await this.store.db.transaction(async (tx) => {
      if (idempotencyKey !== undefined) {
        const claim = {
          key: idempotencyKey,
          requestHash: requestHash(request),
          signupId: id,
          now: receivedAt,
        };
        const earlier = await claimKey(tx, claim);
        if (earlier) return earlier;
      }
      // The three statements are sent to the database together, in one round trip.
      await Promise.all([
        announcement.addIfNew(tx, { table: users, unique: 'emailKey', row: user }),
        insertSignup(tx, { id, correlationId, receivedAt }),
      ]);
      return { id, correlationId };
    });
    this.outbox.wake();
    return accepted;
  }

  async find(id: string): Promise<typeof signups.$inferSelect | undefined> {
    const [signup] = await this.store.db.select().from(signups).where(eq(signups.id, id));
    return signup;
  }
}
