import { errors } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { PublishDeniedError, PublishRefusedError } from '../errors.js';
import { OriginalGoneError } from '../failures/failure-reader.js';
import { lineOf } from '../logging/log-text.js';
import { RateLimiter } from './rate-limiter.js';
import type { ReplayOptions, ReplayResult } from './replay-options.js';

const logger = new Logger('replay');

/** Replay whose audit event is stored. */
export interface ReplayRun extends Pick<ReplayOptions, 'signal' | 'onProgress'> {
  replayId: string;
  total: number;
  rate: number;
}

/**
 * Replays one item after another at the given rate, until all items are replayed or skipped, or `signal` aborts.
 *
 * @param replay resolves to true if the item was delivered, and to false if the item was skipped
 */
export async function runReplay<Item>(
  { replayId, total, rate, signal, onProgress }: ReplayRun,
  items: AsyncIterable<Item>,
  replay: (item: Item) => Promise<boolean>,
): Promise<ReplayResult> {
  const progress = { total, replayed: 0, skipped: 0 };
  const limiter = new RateLimiter(rate, performance.now());
  for await (const item of items) {
    if (signal?.aborted) return { ...progress, replayId, stopped: true };
    const isReplayed = await unlessImpossible(() => replay(item));
    progress[isReplayed ? 'replayed' : 'skipped'] += 1;
    onProgress?.({ ...progress });
    const delay = isReplayed ? limiter.delayAfter(performance.now()) : 0;
    if (delay > 0) await sleep(delay, undefined, { signal }).catch(() => undefined);
  }
  return { ...progress, replayId, stopped: false };
}

/** Resolves to false if an event cannot be replayed. The event is then skipped, and the log states the reason. */
async function unlessImpossible(replay: () => Promise<boolean>): Promise<boolean> {
  try {
    return await replay();
  } catch (error) {
    if (!liesInEvent(error)) throw error;
    logger.warn(`skipped: ${lineOf(error.message, Infinity)}`);
    return false;
  }
}

/** Returns true if the error is caused by the event, and not by the broker or this client's rights. */
function liesInEvent(error: unknown): error is Error {
  if (error instanceof PublishDeniedError) return false;
  return [OriginalGoneError, PublishRefusedError, errors.InvalidArgumentError].some(
    (type) => error instanceof type,
  );
}
