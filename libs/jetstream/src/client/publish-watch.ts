import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { nameError } from '../logging/failure-error.js';
import { streamOf } from '../wire/names.js';

/** Time after which an unconfirmed publish is reported, in milliseconds. */
const LATE_AFTER_MS = 10_000;
/** Interval between two checks of the unconfirmed messages, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;
/**
 * Time for which a stream without confirmations still counts as stalled after a publish was given up, in milliseconds. Publishers
 * make their next attempt within this time. An outbox takes up to 5 s, and the writer of a failure event takes up to 12 s.
 */
const REMEMBERED_MS = 15_000;
/**
 * A stall is reported again when its duration has tripled since the previous report. The next report comes at the latest after an
 * hour.
 */
const REPEAT = { factor: 3, maxMs: 3_600_000 };
/** Error code that the leader returns until a majority of the replicas has committed an earlier copy of the same message. */
const IN_PROCESS = 10158;
/** Maximum number of characters of a cause that are shown. Any subscriber of the subject may have written the cause. */
const MAX_CAUSE = 200;

/** Cause and start time of a missing confirmation. The start time is a value of `performance.now()`. */
export interface Stall {
  since: number;
  cause: Error;
  /** True after a temporary refusal, until the message is resent. */
  isAnswered: boolean;
}

/** Message that is not confirmed. A message has no stall before its first refusal or its first missing answer. */
export interface Unconfirmed {
  readonly subject: string;
  readonly stall: Stall | undefined;
}

/** Stream with at least one publish of this process that has stayed unconfirmed for 10 s or more. */
export interface StalledStream {
  /** Name of the stream, or the subject if the subject does not belong to Cascade. */
  readonly stream: string;
  readonly since: Date;
  /** Number of publishes that wait now; 0 if the publishers have given up and have not made another attempt yet. */
  readonly waiting: number;
  /** Error message of the broker or the client, on one line. */
  readonly cause: string;
}

type Reason = Pick<Stall, 'since' | 'cause'>;

interface Watched extends Reason {
  waiting: number;
  /**
   * Stall of the publishes that were given up; undefined if no publish was given up since the last confirmation. `since` is the
   * start of the oldest stall, and `cause` is the cause of the latest stall. `at` is the last time at which a publish was given
   * up or was still waiting.
   */
  givenUp: (Reason & { at: number }) | undefined;
  /** Age of the stall at its next report, in milliseconds. */
  reportAt: number;
}

/**
 * Tracks the streams that have stopped confirming publishes. Once a second, the watch looks at the pipeline's unconfirmed
 * messages and at the publishes that were given up. Therefore, confirmed messages cost no time.
 */
export class PublishWatch {
  private readonly logger = new Logger('JetStream');
  private readonly streams = new Map<string, Watched>();
  private nextLook = 0;

  constructor(private readonly lateAfter = LATE_AFTER_MS) {}

  /** True while there is a stall of any length. The pipeline must then call {@link look} and {@link confirmed}. */
  get isAwake(): boolean {
    return this.streams.size > 0;
  }

  stalled(now: number): StalledStream[] {
    return [...this.streams]
      .filter(([, { since }]) => now - since >= this.lateAfter)
      .map(([stream, { since, waiting, cause }]) => ({
        stream,
        since: new Date(Date.now() - (now - since)),
        waiting,
        cause: causeText(cause),
      }));
  }

  /** @param messages all unconfirmed messages */
  look(messages: Iterable<Unconfirmed>, now: number): void {
    if (now < this.nextLook) return;
    this.nextLook = now + Math.min(LOOK_INTERVAL_MS, this.lateAfter);
    for (const watched of this.streams.values()) startCount(watched, now);
    for (const message of messages) this.count(message);
    for (const [stream, watched] of this.streams) this.report(stream, watched, now);
  }

  /** Must be called for each message whose deadline has passed. The publisher is expected to publish the message again. */
  gaveUp({ subject, stall }: Unconfirmed, now: number): void {
    const { since, cause } = stall ?? { since: now, cause: new errors.TimeoutError() };
    const watched = this.watch(streamOf(subject), { since, cause });
    const oldest = Math.min(since, watched.givenUp?.since ?? since);
    watched.givenUp = { since: oldest, cause, at: now };
  }

  /**
   * Must be called for each confirmation while {@link isAwake} is true. After a confirmation, publishes that were given up no
   * longer count. Publishes that still wait continue to count.
   */
  confirmed(subject: string): void {
    const watched = this.streams.get(streamOf(subject));
    if (watched) watched.givenUp = undefined;
  }

  /** Forgets all stalls. Must be called after the connection has closed. */
  end(): void {
    this.streams.clear();
  }

  private count({ subject, stall }: Unconfirmed): void {
    if (!stall) return;
    const watched = this.watch(streamOf(subject), stall);
    watched.waiting += 1;
    if (stall.since > watched.since) return;
    watched.since = stall.since;
    watched.cause = stall.cause;
  }

  private watch(stream: string, { since, cause }: Reason): Watched {
    const known = this.streams.get(stream);
    if (known) return known;
    const watched = { since, cause, waiting: 0, givenUp: undefined, reportAt: this.lateAfter };
    this.streams.set(stream, watched);
    return watched;
  }

  private report(stream: string, watched: Watched, now: number): void {
    const { since, waiting, reportAt, givenUp } = watched;
    const age = now - since;
    // The publishers have made another attempt, so the same stall continues.
    if (waiting > 0 && givenUp) givenUp.at = now;
    if (waiting === 0 && !givenUp) {
      this.streams.delete(stream);
      if (reportAt > this.lateAfter) this.logger.log(`no publish to ${stream} is waiting any longer`);
    } else if (age >= reportAt) {
      watched.reportAt = Math.min(age * REPEAT.factor, age + REPEAT.maxMs);
      for (const stalled of this.stalled(now).filter((one) => one.stream === stream)) {
        this.logger.error(`${stallText(stalled)}; they are resent until the broker confirms them`);
      }
    }
  }
}

export function stallText({ stream, since, waiting, cause }: StalledStream): string {
  const publishes = waiting === 1 ? '1 publish' : `${waiting || ''} publishes`.trim();
  return `${publishes} to ${stream} unconfirmed since ${toSecond(since)}: ${cause}`;
}

/** Rounds a time to seconds. The milliseconds would differ at each check, because they are derived from two clocks. */
function toSecond(time: Date): string {
  return new Date(Math.round(time.getTime() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}

/**
 * Resets the number of waiting publishes to 0, before the waiting messages are counted. The stall of publishes that were given up
 * is kept. If no publish was given up, `since` becomes `Infinity`, and the oldest waiting message determines the start time.
 */
function startCount(watched: Watched, now: number): void {
  if (watched.givenUp && now - watched.givenUp.at > REMEMBERED_MS) watched.givenUp = undefined;
  watched.waiting = 0;
  watched.since = watched.givenUp?.since ?? Infinity;
  watched.cause = watched.givenUp?.cause ?? watched.cause;
}

function causeText(cause: Error): string {
  if (cause instanceof errors.NoRespondersError) return 'the stream has no leader, or does not exist';
  if (cause instanceof errors.TimeoutError) return 'no answer';
  if (cause instanceof JetStreamApiError && cause.code === IN_PROCESS)
    return 'the stream cannot commit the message, and may have lost its quorum';
  const text = nameError(cause).message.replace(/\p{C}+/gu, ' ');
  return text.length > MAX_CAUSE ? `${text.slice(0, MAX_CAUSE)}…` : text;
}
