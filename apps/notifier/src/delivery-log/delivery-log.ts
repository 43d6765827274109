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
 * Duration of a claim, in milliseconds. If a replica dies, the broker redelivers its events after at least 20 s. This time is
 * `ackWait` (30 s) minus the keep-alive interval (10 s). A redelivery therefore finds an expired claim.
 */
const CLAIM_TIME = 20_000;

/** Message that a gateway has accepted. */
export interface Sent {
  channel: NotificationChannel;
  /** Masked recipient. */
  recipient: string;
  providerMessageId: string;
}

export interface Delivery extends Sent {
  acceptedAt: Date;
}

export interface DeliveryLogOptions {
  /** Time after which the claim of a dead owner expires, in milliseconds. Default 20,000. */
  claimTime?: number;
}

/**
 * Records which messages a gateway has accepted, by event id. The message of a redelivered event is therefore not resent.
 *
 * An event is claimed before its message is sent, so only one of two parallel deliveries sends the message. In the same replica,
 * the other delivery gets the same result. In another replica, the delivery fails and uses up an attempt. When the event is
 * retried, the log shows that the message was sent. The owner renews its claim while it sends, even if the provider is slow. The
 * claim expires if the owner dies.
 *
 * While the log contains the row of an event, the message of the event is resent only in these cases:
 * - The process dies after the provider has accepted the message, but before the acceptance is recorded. This window lasts for a
 *   few milliseconds plus the network latency.
 * - The provider accepted the message, but its response did not arrive in time.
 * - The database fails when the acceptance is to be recorded, and the event is redelivered.
 * - The process is suspended for longer than its claim lasts.
 *
 * A local record cannot prevent these cases. Only the provider could prevent these cases, by dropping a second message with the
 * same key.
 */
export class DeliveryLog {
  private readonly logger = new Logger('DeliveryLog');
  private readonly claimTime: number;
  /** Id that this process writes into its claims. */
  private readonly owner = randomUUID();
  private readonly underway = new Map<string, Promise<Delivery>>();

  constructor(
    private readonly store: Store<typeof schema>,
    { claimTime = CLAIM_TIME }: DeliveryLogOptions = {},
  ) {
    this.claimTime = claimTime;
  }

  /**
   * Sends the message of an event, unless the log records the message as sent.
   *
   * @returns The delivery that the gateway has accepted, now or earlier.
   * @throws DeliveryUnderwayError if another replica is sending the message now
   * @throws DeliveryLogUnavailableError if the database fails. Nothing has been sent.
   * @throws any error of `send`
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

  /**
   * Claims an event. Returns the delivery if the message was already accepted, and `underway` if another process holds the claim.
   * Also succeeds if this process already holds the claim. The process may hold a claim without knowing it, if the database
   * stored the claim but failed before answering.
   */
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

  /** Renews the claim. Ignores an error of the database, because the next renewal may still be in time. */
  private async renew(eventId: string): Promise<void> {
    await this.store.db
      .update(deliveries)
      .set({ claimedAt: sql`now()` })
      .where(this.isClaimed(eventId))
      .catch(() => undefined);
  }

  /** Releases the claim, so that the next attempt can begin immediately. */
  private async release(eventId: string): Promise<void> {
    await this.store.db
      .delete(deliveries)
      .where(this.isClaimed(eventId))
      .catch((error: unknown) => {
        this.logger.warn(
          `the claim on event ${eventId} could not be released, and blocks other replicas until it expires: ${reasonOf(error)}`,
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
   * Records a delivery. Never throws, because the message has already been sent. After an error, the event would be retried and
   * the message resent. If another attempt has already recorded a delivery of the event, this delivery is not recorded. All
   * attempts therefore return the same result.
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
        `the message of event ${eventId} was sent but could not be recorded. If the event is delivered again, ` +
          `the message is sent again: ${reasonOf(error)}`,
      );
      return delivery;
    }
  }
}
