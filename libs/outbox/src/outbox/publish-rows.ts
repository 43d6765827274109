import {
  nameError,
  PublishDeniedError,
  PublishRefusedError,
  type EventPublisher,
  type StoredEvent,
} from '@cascade/jetstream';
import type { OutboxRow } from './outbox-table.js';
import type { Outcome, RefusedRow } from './settle-rows.js';

/** Part of the publisher that a relay needs. */
export type Publisher = Pick<EventPublisher, 'publishStored'>;

/** Claimed rows with the same key. */
interface Lane {
  rows: OutboxRow[];
  /** Ids of the rows that the broker has confirmed. */
  published: string[];
  refused: RefusedRow[];
  /** Error of the row that failed; undefined if no row failed. The rows after a failed row are not tried. */
  error?: string;
}

/**
 * Delay before a failed row is retried, in milliseconds. The delay doubles with each failure. The low maximum lets publishing
 * resume soon after an outage.
 */
const RETRY_AFTER = { first: 250, most: 5_000 };

const MAX_ERROR_LENGTH = 1_000;

/**
 * Publishes claimed rows. Rows with the same key are published one after another, and different keys in parallel. A failed row
 * holds back the later rows of its key. A row that the broker refuses permanently does not hold back other rows.
 *
 * @param rows Claimed rows, in their order.
 * @param signal Stops the wait for confirmations. The first row of each key without a confirmation then counts as failed, and the
 *   rows after it as untried. The next attempt publishes these rows under the same ids, and the broker drops duplicates.
 */
export async function publishRows(
  publisher: Publisher,
  rows: OutboxRow[],
  signal: AbortSignal,
): Promise<Outcome> {
  const lanes = lanesOf(rows);
  const cutOff = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await Promise.race([Promise.all(lanes.map((lane) => publishLane(publisher, lane, signal))), cutOff]);
  return outcomeOf(lanes);
}

function lanesOf(rows: OutboxRow[]): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const row of rows) {
    const lane = lanes.get(row.key);
    if (lane) lane.rows.push(row);
    else lanes.set(row.key, { rows: [row], published: [], refused: [] });
  }
  return [...lanes.values()];
}

async function publishLane(publisher: Publisher, lane: Lane, signal: AbortSignal): Promise<void> {
  for (const row of lane.rows) {
    if (signal.aborted) return;
    try {
      await publisher.publishStored(storedEvent(row), { signal });
      lane.published.push(row.id);
    } catch (error) {
      if (!isRefusedForGood(error)) {
        lane.error = textOf(error);
        return;
      }
      lane.refused.push({ row, error: textOf(error) });
    }
  }
}

/**
 * Returns true if the refusal is permanent. A missing right is not permanent, because an administrator may grant it while the row
 * waits.
 */
function isRefusedForGood(error: unknown): boolean {
  return error instanceof PublishRefusedError && !(error instanceof PublishDeniedError);
}

function textOf(error: unknown): string {
  const { name, message } = nameError(error);
  return `${name}: ${message}`.slice(0, MAX_ERROR_LENGTH);
}

function storedEvent({
  id,
  name,
  version,
  data,
  correlationId,
  causationId,
  createdAt,
}: OutboxRow): StoredEvent {
  return { id, name, version, data, correlationId, causationId: causationId ?? undefined, time: createdAt };
}

function outcomeOf(lanes: Lane[]): Outcome {
  const outcome: Outcome = { published: [], refused: [], failed: [], untried: [] };
  for (const { rows, published, refused, error = 'not confirmed in time' } of lanes) {
    const [next, ...behind] = rows.slice(published.length + refused.length);
    outcome.published.push(...published);
    outcome.refused.push(...refused);
    if (next) outcome.failed.push({ row: next, error, delay: delayOf(next) });
    outcome.untried.push(...behind.map(({ id }) => id));
  }
  return outcome;
}

function delayOf({ attempts }: OutboxRow): number {
  return Math.min(RETRY_AFTER.first * 2 ** attempts, RETRY_AFTER.most);
}
