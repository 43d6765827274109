import { reasonOf, type Store } from '@cascade/store';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { inArray, lt, sql } from 'drizzle-orm';
import type * as schema from './schema.js';
import { deliveries } from './schema.js';

const INTERVAL_MS = 60 * 60 * 1000;
/** Rows that one statement removes, so that none holds up the log for long. */
const CHUNK = 1_000;

/** Removes old rows of the delivery log: at start, and every hour. */
export class DeliveryLogPurge implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('DeliveryLog');
  private timer: NodeJS.Timeout | undefined;
  private purging: Promise<void> = Promise.resolve();
  private stopping = false;

  /** @param days that a row is kept; longer than its event can be delivered again */
  constructor(
    private readonly store: Store<typeof schema>,
    private readonly days: number,
  ) {}

  onApplicationBootstrap(): void {
    this.begin();
    this.timer = setInterval(() => this.begin(), INTERVAL_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.purging;
  }

  /** Removes all rows that are too old. */
  async purge(): Promise<void> {
    while (!this.stopping && (await this.removeChunk()) === CHUNK);
  }

  private begin(): void {
    this.purging = this.purge().catch((error: unknown) => {
      this.logger.warn(`old deliveries could not be removed; they will be in an hour: ${reasonOf(error)}`);
    });
  }

  private async removeChunk(): Promise<number> {
    const { db } = this.store;
    const old = db
      .select({ eventId: deliveries.eventId })
      .from(deliveries)
      .where(lt(deliveries.claimedAt, sql`now() - ${this.days} * interval '1 day'`))
      .limit(CHUNK)
      .for('update', { skipLocked: true });
    const removed = await db
      .delete(deliveries)
      .where(inArray(deliveries.eventId, old))
      .returning({ eventId: deliveries.eventId });
    return removed.length;
  }
}
