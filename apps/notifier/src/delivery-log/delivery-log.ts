import type { NotificationChannel } from '@app/contracts';
import { plainIdOf } from '@cascade/jetstream';
import { fromNow, reasonOf, type Store } from '@cascade/store';
import { Logger } from '@nestjs/common';
import { and, eq, isNotNull, isNull, lte, or, sql, type SQL } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { DeliveryLogUnavailableError, DeliveryUnderwayError } from './errors.js';
import type * as schema from './schema.js';
import { deliveries } from './schema.js';

/**
 * Shorter than the broker takes to repeat an event whose replica died, so that the repeat finds the claim run out: `ackWait`,
 * 30 s, less the 10 s at most since its last keep-alive when it was claimed.
 */
const CLAIM_TIME = 20_000;

/** A message that a gateway accepted. */
export interface Sent {
  channel: NotificationChannel;
  /** Masked. */
  recipient: string;
  providerMessageId: string;
}

export interface Delivery extends Sent {
  acceptedAt: Date;
}

export interface DeliveryLogOptions {
  /** Milliseconds that a claim lasts when its owner has died. Default 20,000. */
  claimTime?: number;
}

/**
 * Remembers, under an event's id, the message that a gateway accepted, so that a redelivered event sends none again.
 *
 * An event is claimed before its message is sent, so that of two deliveries at once one sends. In the same replica the other
 * has the same outcome. In another replica it fails, which costs it an attempt, and finds the message sent when the event is tried
 * again. A claim is renewed while its owner sends, however long a slow provider takes, and runs out when the owner died.
 *
 * The message goes out again only where
 * - the process dies after the provider accepted the message and before that is written here: a few milliseconds, and the
 *   time on the network;
 * - the provider accepted it and its answer did not arrive in time;
 * - the database fails at that very moment, and the event is delivered again all the same;
 * - the process stands still for longer than its claim lasts.
 *
 * No local record can close these: only the provider could, by the key that it is given.
 */
export class DeliveryLog {
  private readonly logger = new Logger('DeliveryLog');
  private readonly claimTime: number;
  /** This process, as the owner of its claims. */
  private readonly owner = randomUUID();
  private readonly underway = new Map<string, Promise<Delivery>>();

  constructor(
    private readonly store: Store<typeof schema>,
    { claimTime = CLAIM_TIME }: DeliveryLogOptions = {},
  ) {
    this.claimTime = claimTime;
  }

  /**
   * Sends the message of an event, unless it is known to be sent.
   *
   * @returns what was accepted, now or then
   * @throws DeliveryUnderwayError where another replica is sending it at this moment
   * @throws DeliveryLogUnavailableError where the database fails; nothing was sent
   * @throws what `send` throws
   */
  sendOnce(eventId: string, send: () => Promise<Sent>): Promise<Delivery> {
    const id = plainIdOf(eventId);
    const underway = this.underway.get(id);
    if (underway) return underway;
    const sending = this.sendClaimed(eventId, id, send).finally(() => this.underway.delete(id));
    this.underway.set(id, sending);
    return sending;
  }

  private async sendClaimed(eventId: string, id: string, send: () => Promise<Sent>): Promise<Delivery> {
    const found = await this.claim(id).catch((cause: unknown) => {
      throw new DeliveryLogUnavailableError(`The delivery log cannot be used: ${reasonOf(cause)}.`, {
        cause,
      });
    });
    if (found === 'underway') throw new DeliveryUnderwayError(eventId);
    if (found !== 'claimed') return found;

    const renewal = setInterval(() => void this.renew(id), this.claimTime / 3).unref();
    const sent = await send()
      .catch(async (error: unknown) => {
        await this.release(id);
        throw error;
      })
      .finally(() => clearInterval(renewal));
    return this.record(id, { ...sent, acceptedAt: new Date() });
  }

  /** Also where a claim of this process stands: the database took it and went away before it could say so. */
  private async claim(eventId: string): Promise<Delivery | 'claimed' | 'underway'> {
    const runOut = lte(deliveries.claimedAt, fromNow(-this.claimTime));
    const claim = this.owner;
    const claimed = await this.store.db
      .insert(deliveries)
      .values({ eventId, claim })
      .onConflictDoUpdate({
        target: deliveries.eventId,
        set: { claim, claimedAt: sql`now()` },
        setWhere: and(isNull(deliveries.acceptedAt), or(runOut, eq(deliveries.claim, claim))),
      })
      .returning({ eventId: deliveries.eventId });
    return claimed.length > 0 ? 'claimed' : ((await this.find(eventId)) ?? 'underway');
  }

  private async find(eventId: string): Promise<Delivery | undefined> {
    const { acceptedAt, channel, recipient, providerMessageId } = deliveries;
    const [row] = await this.store.db
      .select({ acceptedAt, channel, recipient, providerMessageId })
      .from(deliveries)
      .where(and(eq(deliveries.eventId, eventId), isNotNull(acceptedAt)));
    return row as Delivery | undefined;
  }

  /** Where the database fails, the next renewal may come in time. */
  private async renew(eventId: string): Promise<void> {
    await this.store.db
      .update(deliveries)
      .set({ claimedAt: sql`now()` })
      .where(this.isClaimed(eventId))
      .catch(() => undefined);
  }

  /** Lets the next attempt begin at once. */
  private async release(eventId: string): Promise<void> {
    await this.store.db
      .delete(deliveries)
      .where(this.isClaimed(eventId))
      .catch((error: unknown) => {
        this.logger.warn(
          `the claim on event ${eventId} could not be released, and keeps other replicas from it until it runs out: ${reasonOf(error)}`,
        );
      });
  }

  private isClaimed(eventId: string): SQL | undefined {
    return and(
      eq(deliveries.eventId, eventId),
      eq(deliveries.claim, this.owner),
      isNull(deliveries.acceptedAt),
    );
  }

  /**
   * Never fails: the message went out, and an error would only have it sent again. Where another attempt has recorded the
   * event, that stands, so that all tell the same.
   */
  private async record(eventId: string, delivery: Delivery): Promise<Delivery> {
    try {
      const written = await this.store.db
        .insert(deliveries)
        .values({ eventId, claim: this.owner, ...delivery })
        .onConflictDoUpdate({
          target: deliveries.eventId,
          set: delivery,
          setWhere: isNull(deliveries.acceptedAt),
        })
        .returning({ eventId: deliveries.eventId });
      return written.length > 0 ? delivery : ((await this.find(eventId)) ?? delivery);
    } catch (error) {
      this.logger.warn(
        `the message of event ${eventId} was sent, and could not be recorded: if the event is delivered again, ` +
          `the message is sent again: ${reasonOf(error)}`,
      );
      return delivery;
    }
  }
}
