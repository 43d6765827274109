import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { carry } from './carried-headers.js';
import { publishConfirmed } from './confirmed-publish.js';
import { JetStreamConnection } from './connection.js';
import { PublishRefusedError } from './errors.js';
import { newEventId, storedEventId } from './event-ids.js';
import { EventPublisher } from './event-publisher.js';
import { FailureArchive, OriginalGoneError, type WholeEvent } from './failure-archive.js';
import { failureStateMessage } from './failure-state.js';
import { channelOf, EVENTS_STREAM, replayChannelOf, TransportHeader } from './names.js';
import { ReplayRequested, type ReplaySelection } from './replay-requested.js';
import type { StoredFailure } from './stored-failure.js';
import { readStream } from './stream-reader.js';

export interface ReplayOptions {
  /** Who asks for it: for the audit event. */
  by: string;
  /** Why: for the audit event. */
  reason: string;
  /** Events a second at most. Default 100. */
  rate?: number;
  /** Replay also failures whose last replay has not been answered yet. Default false: they are under way. */
  again?: boolean;
  onProgress?: (progress: ReplayProgress) => void;
  /** Stops between two events. */
  signal?: AbortSignal;
}

export interface ReplayProgress {
  /** Events that the selection held when the replay began. */
  total: number;
  /** Handed to their processor. */
  replayed: number;
  /** Already handled, already being replayed, or no longer stored. */
  skipped: number;
}

export interface ReplayResult extends ReplayProgress {
  replayId: string;
  /** Stopped by `signal` before its end. */
  stopped: boolean;
}

/** What a replay would take. */
export interface ReplayPlan {
  total: number;
  /** Of these, failures that are handled or being replayed: they would be skipped. */
  skipped: number;
  /** How many of each processor, event and class of error. */
  groups: { processor: string; event: string; error: string; count: number }[];
}

/** A time range of one event's channel, for one processor. */
export interface ChannelSelection {
  processor: string;
  /** Such as `user.signed-up`. */
  event: string;
  since?: Date;
  until?: Date;
}

const DEFAULT_RATE = 100;

/**
 * Hands stored events to a processor again, and to that processor alone. Nothing is deleted or changed: a failure event gets
 * a state beside it.
 */
@Injectable()
export class Replays {
  constructor(
    private readonly connection: JetStreamConnection,
    private readonly publisher: EventPublisher,
    private readonly archive: FailureArchive,
  ) {}

  /** A dry run: what {@link replayFailures} would take. */
  async plan(
    selection: ReplaySelection,
    { again = false }: Pick<ReplayOptions, 'again'> = {},
  ): Promise<ReplayPlan> {
    const groups = new Map<string, ReplayPlan['groups'][number]>();
    let [total, skipped] = [0, 0];
    for await (const stored of this.archive.list(selection)) {
      total += 1;
      if (!isOpen(stored, again)) skipped += 1;
      const { processor, error } = stored.failure;
      const key = JSON.stringify([processor, stored.event, error.name]);
      const group = groups.get(key) ?? { processor, event: stored.event, error: error.name, count: 0 };
      groups.set(key, { ...group, count: group.count + 1 });
    }
    return { total, skipped, groups: [...groups.values()] };
  }

  /** A dry run: how many events {@link replayChannel} would take. */
  async planChannel(selection: ChannelSelection): Promise<{ total: number }> {
    let total = 0;
    for await (const _ of this.channel(selection)) total += 1;
    return { total };
  }

  /**
   * Replays failures to the processors that failed on them. Of two who replay the same failure at once, one does.
   *
   * @throws InvalidEventError where `by` or `reason` is empty
   */
  async replayFailures(selection: ReplaySelection, options: ReplayOptions): Promise<ReplayResult> {
    const { total } = await this.plan(selection, options);
    const replayId = await this.audit('failures', selection, total, options);
    const failures = this.archive.list(selection);
    return this.run(replayId, total, failures, options, (stored) =>
      this.replayFailure(stored, replayId, options),
    );
  }

  /**
   * Replays a time range of a channel to one processor, also events that it has handled before.
   *
   * @throws InvalidEventError where `by` or `reason` is empty
   */
  async replayChannel(selection: ChannelSelection, options: ReplayOptions): Promise<ReplayResult> {
    const { total } = await this.planChannel(selection);
    const replayId = await this.audit('channel', selection, total, options);
    // What is published from now on goes to the processor anyway.
    const until = selection.until ?? new Date();
    const messages = this.channel({ ...selection, until });
    return this.run(replayId, total, messages, options, async (message) => {
      const { seq: sequence, subject, time: storedAt, data: body } = message;
      const event = { subject, headers: Object.fromEntries(message.headers ?? []), body };
      const original = {
        stream: EVENTS_STREAM,
        sequence,
        eventId: storedEventId({ stream: EVENTS_STREAM, sequence, storedAt }),
      };
      await this.hand(selection.processor, selection.event, event, original, {
        [TransportHeader.replayId]: replayId,
      });
      return true;
    });
  }

  private async replayFailure(
    stored: StoredFailure,
    replayId: string,
    { again = false }: ReplayOptions,
  ): Promise<boolean> {
    if (!isOpen(stored, again)) return false;
    const event = await this.archive.original(stored.failure).catch(undefinedWhereGone);
    if (!event || !(await this.claim(stored, replayId))) return false;
    await this.hand(stored.failure.processor, stored.event, event, stored.failure.original, {
      [TransportHeader.replayId]: replayId,
      [TransportHeader.failureId]: stored.id,
    });
    return true;
  }

  /** Marks the failure as being replayed; false where somebody else did so since it was read. */
  private async claim(
    { id, correlationId, stateSequence }: StoredFailure,
    replayId: string,
  ): Promise<boolean> {
    const state = { failureId: id, state: 'requested', at: new Date().toISOString(), replayId } as const;
    try {
      await this.confirm(failureStateMessage(state, 'replay', correlationId, stateSequence));
      return true;
    } catch (error) {
      if (isOvertaken(error)) return false;
      throw error;
    }
  }

  private async hand(
    processor: string,
    event: string,
    { subject, headers, body }: WholeEvent,
    original: { stream: string; sequence: number; eventId: string },
    marks: Record<string, string>,
  ): Promise<void> {
    const sent = carry(headers, original.eventId);
    sent.set(TransportHeader.stream, original.stream);
    sent.set(TransportHeader.sequence, String(original.sequence));
    sent.set(TransportHeader.subject, subject);
    for (const [name, value] of Object.entries(marks)) sent.set(name, value);
    const id = [
      'replay',
      marks[TransportHeader.replayId],
      original.stream,
      original.sequence,
      processor,
    ].join('.');
    await this.confirm({ subject: replayChannelOf(processor, event), body, headers: sent, id });
  }

  private async run<Item>(
    replayId: string,
    total: number,
    items: AsyncIterable<Item>,
    options: ReplayOptions,
    replay: (item: Item) => Promise<boolean>,
  ): Promise<ReplayResult> {
    const { rate = DEFAULT_RATE, signal, onProgress } = options;
    const progress = { total, replayed: 0, skipped: 0 };
    const begun = Date.now();
    for await (const item of items) {
      if (signal?.aborted) return { ...progress, replayId, stopped: true };
      if (await replay(item)) progress.replayed += 1;
      else progress.skipped += 1;
      onProgress?.({ ...progress });
      const early = begun + (progress.replayed / rate) * 1_000 - Date.now();
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => undefined);
    }
    return { ...progress, replayId, stopped: false };
  }

  private async audit(
    of: ReplayRequested['of'],
    selection: object,
    count: number,
    options: ReplayOptions,
  ): Promise<string> {
    const { by, reason } = options;
    const replayId = newEventId();
    const requestedAt = new Date().toISOString();
    await this.publisher.publish(
      new ReplayRequested({ replayId, by, reason, of, selection, count, requestedAt }),
      { id: replayId },
    );
    return replayId;
  }

  private async *channel({ event, since, until }: Omit<ChannelSelection, 'processor'>) {
    const connection = await this.connection.get();
    yield* readStream(connection, { stream: EVENTS_STREAM, subjects: [channelOf(event)], since, until });
  }

  private async confirm(message: Parameters<typeof publishConfirmed>[1]): Promise<void> {
    const connection: NatsConnection = await this.connection.get();
    await publishConfirmed(connection, message, { timeout: 10_000 });
  }
}

function isOpen({ state }: StoredFailure, again: boolean): boolean {
  if (state?.state === 'handled') return false;
  return again || state?.state !== 'requested';
}

function undefinedWhereGone(error: unknown): undefined {
  if (!(error instanceof OriginalGoneError)) throw error;
}

function isOvertaken(error: unknown): boolean {
  const cause = error instanceof PublishRefusedError ? error.cause : undefined;
  const codes: number[] = [
    JetStreamApiCodes.StreamWrongLastSequence,
    JetStreamApiCodes.StreamWrongLastSequenceUnknown,
  ];
  return cause instanceof JetStreamApiError && codes.includes(cause.code);
}
