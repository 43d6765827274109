import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { nameError } from '../logging/failure-error.js';
import { streamOf } from '../wire/names.js';

/** Milliseconds after which a publish that is not confirmed is reported. */
const LATE_AFTER = 10_000;
/** Milliseconds between two looks. */
const LOOK = 1_000;
/**
 * Milliseconds for which a stream stays stalled after a publish to it was given up. Those who publish try again within this time: an
 * outbox after 5 s at most, a failure event after 12 s.
 */
const REMEMBERED = 15_000;
/** A stall is reported again when it has lasted three times as long, and at least every hour. */
const REPEAT = { factor: 3, most: 3_600_000 };
/** Code of the leader's answer while the same message, sent before, is not committed by a majority of the replicas. */
const IN_PROCESS = 10158;
/** Longest text of a cause, in characters: whoever listens on a subject may have written it. */
const MAX_CAUSE = 200;

/** Why a message is not confirmed, and since when, by the clock of `performance.now()`. */
export interface Stall {
  since: number;
  cause: Error;
  /** It was answered since it was sent last: refused for now. */
  isAnswered: boolean;
}

/** A message that is not confirmed; without a stall it has hardly been sent. */
export interface Unconfirmed {
  readonly subject: string;
  readonly stall: Stall | undefined;
}

/** A stream that has not confirmed a publish of this process for 10 s. */
export interface StalledStream {
  /** Its name; for a subject that is not Cascade's, the subject. */
  readonly stream: string;
  readonly since: Date;
  /** Publishes that wait at this moment; 0 while those who gave up have not tried again. */
  readonly waiting: number;
  /** In the words of the broker or the client, on one line. */
  readonly cause: string;
}

type Reason = Pick<Stall, 'since' | 'cause'>;

interface Watched extends Reason {
  waiting: number;
  /** The oldest stall of what was given up since the last confirmation, and when that was. */
  givenUp: (Reason & { at: number }) | undefined;
  /** Age at which it is reported next. */
  reportAt: number;
}

/**
 * Knows which streams have stopped confirming, and since when. It costs a confirmed message nothing: it looks once a second at what
 * the pipeline holds anyway, and at what was given up.
 */
export class PublishWatch {
  private readonly logger = new Logger('JetStream');
  private readonly streams = new Map<string, Watched>();
  private nextLook = 0;

  constructor(private readonly lateAfter = LATE_AFTER) {}

  /** True while there is a stall, also a short one: the pipeline has to go on looking, and to tell of confirmations. */
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
        cause: textOf(cause),
      }));
  }

  /** @param messages all that are not confirmed */
  look(messages: Iterable<Unconfirmed>, now: number): void {
    if (now < this.nextLook) return;
    this.nextLook = now + Math.min(LOOK, this.lateAfter);
    for (const watched of this.streams.values()) startCount(watched, now);
    for (const message of messages) this.count(message);
    for (const [stream, watched] of this.streams) this.report(stream, watched, now);
  }

  /** To be called for a message whose time is over; whoever published it will try again. */
  gaveUp({ subject, stall }: Unconfirmed, now: number): void {
    const { since, cause } = stall ?? { since: now, cause: new errors.TimeoutError() };
    const watched = this.watch(streamOf(subject), { since, cause });
    const oldest = Math.min(since, watched.givenUp?.since ?? since);
    watched.givenUp = { since: oldest, cause, at: now };
  }

  /** To be called while it {@link isAwake}: the stream takes messages, so what was given up is no longer a sign of the opposite. */
  confirmed(subject: string): void {
    const watched = this.streams.get(streamOf(subject));
    if (watched) watched.givenUp = undefined;
  }

  /** The connection is closed: nothing is published any more. */
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
    // Tried again, it is the same stall.
    if (waiting > 0 && givenUp) givenUp.at = now;
    if (waiting === 0 && !givenUp) {
      this.streams.delete(stream);
      if (reportAt > this.lateAfter) this.logger.log(`no publish to ${stream} waits any more`);
    } else if (age >= reportAt) {
      watched.reportAt = Math.min(age * REPEAT.factor, age + REPEAT.most);
      for (const stalled of this.stalled(now).filter((one) => one.stream === stream)) {
        this.logger.error(`${stallText(stalled)}; they are sent again until the broker confirms them`);
      }
    }
  }
}

/** One line for people. */
export function stallText({ stream, since, waiting, cause }: StalledStream): string {
  const publishes = waiting === 1 ? '1 publish' : `${waiting || ''} publishes`.trim();
  return `${publishes} to ${stream} unconfirmed since ${toSecond(since)}: ${cause}`;
}

/** The same text at each look: the milliseconds come from the difference of two clocks. */
function toSecond(time: Date): string {
  return new Date(Math.round(time.getTime() / 1_000) * 1_000).toISOString().replace('.000Z', 'Z');
}

/** Begins with what was given up; `Infinity` where there is nothing, so that the oldest message decides. */
function startCount(watched: Watched, now: number): void {
  if (watched.givenUp && now - watched.givenUp.at > REMEMBERED) watched.givenUp = undefined;
  watched.waiting = 0;
  watched.since = watched.givenUp?.since ?? Infinity;
  watched.cause = watched.givenUp?.cause ?? watched.cause;
}

function textOf(cause: Error): string {
  if (cause instanceof errors.NoRespondersError) return 'the stream has no leader, or is not there';
  if (cause instanceof errors.TimeoutError) return 'no answer';
  if (cause instanceof JetStreamApiError && cause.code === IN_PROCESS)
    return 'the stream cannot commit it, and may have lost its quorum';
  const text = nameError(cause).message.replace(/\p{C}+/gu, ' ');
  return text.length > MAX_CAUSE ? `${text.slice(0, MAX_CAUSE)}…` : text;
}
