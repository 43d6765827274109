import { Store, type Database } from '@cascade/store';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { eq, lt } from 'drizzle-orm';
import { IdempotencyKeyReusedException, KEPT_FOR_MS } from './idempotency.js';
import type * as schema from './schema.js';
import { idempotencyKeys, signups } from './schema.js';
import type { SignupAccepted } from './signup-answers.js';

const PURGE_INTERVAL_MS = 60 * 60 * 1000;

export interface Claim {
  key: string;
  requestHash: string;
  signupId: string;
  now: Date;
}

/** Remembers for a day which request each `Idempotency-Key` came with. */
@Injectable()
export class IdempotencyKeys implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('IdempotencyKeys');
  private timer: NodeJS.Timeout | undefined;
  private purging: Promise<void> = Promise.resolve();

  constructor(private readonly store: Store<typeof schema>) {}

  /**
   * Takes the key for a new signup. A concurrent request of the same key waits here until the transaction of the first has ended.
   *
   * @returns the signup that the key was taken for before, if it was
   * @throws IdempotencyKeyReusedException where that came with another body
   */
  async claim(
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
        setWhere: lt(idempotencyKeys.createdAt, expiry(now)),
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

  /** Forgets the keys that are older than a day. */
  async purge(now: Date): Promise<void> {
    await this.store.db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, expiry(now)));
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.purging = this.purge(new Date()).catch(() => {
        this.logger.warn('old keys could not be purged; they will be in an hour');
      });
    }, PURGE_INTERVAL_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.purging;
  }
}

function expiry(now: Date): Date {
  return new Date(now.getTime() - KEPT_FOR_MS);
}
