import {
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import { Injectable, Logger } from '@nestjs/common';
import { JetStreamConnection } from '../client/connection.js';
import { readEvent } from '../contract/contract.js';
import type { EventClass } from '../contract/event-class.js';
import { ceTypeOf, decodeBody, type EventFailed, type OriginalEvent } from '../events/event-failed.js';
import { readFailureState, type StoredFailureState } from './failure-state.js';
import { lineOf } from '../logging/log-text.js';
import { idIn } from '../wire/cloud-events.js';
import { storedEventId } from '../wire/event-ids.js';
import { failureStateSubject, FAILURES_STREAM } from '../wire/names.js';
import { readWithRetry } from '../client/read-with-retry.js';
import type { ReplaySelection } from '../events/replay-requested.js';
import { envelopeOf } from '../wire/stored-envelope.js';
import { readFailure, type StoredFailure } from './stored-failure.js';
import { readStream } from '../client/stream-reader.js';

/** Milliseconds to wait for one message. */
const ANSWER_TIMEOUT = 2_000;
const NO_STATE: StoredFailureState = { state: undefined, sequence: 0 };

/** An event as it was published, whole. */
export interface WholeEvent {
  subject: string;
  headers: Record<string, string[]>;
  body: Uint8Array;
}

/** The original of a failure event is not carried by it, and no longer stored. */
export class OriginalGoneError extends Error {
  override readonly name = 'OriginalGoneError';
}

/** Reads failure events and the events that failed. */
@Injectable()
export class FailureReader {
  private readonly logger = new Logger('failures');

  constructor(private readonly connection: JetStreamConnection) {}

  /** The failure events of a selection, oldest first. What is stored among them and is none is left out. */
  async *list(selection: ReplaySelection = {}): AsyncGenerator<StoredFailure> {
    yield* this.read(selection, await this.states(selection));
  }

  /** One failure event; undefined where none has this id. Reads no more of the others than their headers. */
  async find(failureId: string): Promise<StoredFailure | undefined> {
    const selection = { stream: FAILURES_STREAM, subjects: ['failed.>'], headersOnly: true };
    for await (const message of readStream(await this.connection.get(), selection)) {
      if (envelopeOf(message).id !== failureId) continue;
      const [, processor = ''] = message.subject.split('.');
      const since = message.time;
      const until = new Date(since.getTime() + 1);
      const state = await this.stateOf(processor, failureId);
      const states = new Map([[failureStateSubject(processor, failureId), state]]);
      for await (const found of this.read({ failureIds: [failureId], since, until }, states)) return found;
    }
    return undefined;
  }

  /** What became of a failure event of a processor as of now. */
  async stateOf(processor: string, failureId: string): Promise<StoredFailureState> {
    const { streams } = await this.manager();
    const query = { last_by_subj: failureStateSubject(processor, failureId) };
    const message = await readWithRetry(FAILURES_STREAM, () => streams.getMessage(FAILURES_STREAM, query));
    return message ? readFailureState(message) : NO_STATE;
  }

  /**
   * The event that failed, whole: also where it was too large to be carried by the failure event, or its headers could not
   * be parsed.
   *
   * @throws OriginalGoneError
   */
  async original({ original }: EventFailed): Promise<WholeEvent> {
    const { subject, headers, body } = original;
    if (headers && body) return { subject, headers, body: decodeBody(body) };
    return { subject, ...(await this.fromStream(original)) };
  }

  /**
   * The event that failed, as its class, as {@link EventFailed.originalEvent} gives it; also where it was too large to be
   * carried by the failure event. That is read from the stream.
   *
   * @throws InvalidEventError where it breaks its contract
   * @throws OriginalGoneError
   */
  async originalEvent<Event extends object>(failure: EventFailed, type: EventClass<Event>): Promise<Event> {
    const carried = failure.original.body;
    if (carried) return readEvent(type, decodeBody(carried), ceTypeOf(failure.original.headers));
    const { headers, body } = await this.original(failure);
    return readEvent(type, body, ceTypeOf(headers));
  }

  private async fromStream(original: OriginalEvent): Promise<Omit<WholeEvent, 'subject'>> {
    const { stream, sequence, eventId } = original;
    const message = await storedMessage(await this.manager(), stream, sequence);
    const headers = message ? parsed(() => Object.fromEntries(message.header)) : {};
    if (message && isOriginal(message, headers, original)) return { headers, body: message.data };
    throw new OriginalGoneError(
      `Event ${eventId} is not stored any more: stream ${stream} has ${message ? 'another event' : 'nothing'} at ${sequence}. ` +
        "Events are kept for the stream's max_age only, and lost if it is deleted.",
    );
  }

  private async *read(
    selection: ReplaySelection,
    states: ReadonlyMap<string, StoredFailureState>,
  ): AsyncGenerator<StoredFailure> {
    const { processor = '*', event = '>', since, until } = selection;
    const place = { stream: FAILURES_STREAM, subjects: [`failed.${processor}.${event}`], since, until };
    const leftOut: string[] = [];
    for await (const message of readStream(await this.connection.get(), place)) {
      const read = await readFailure(message);
      if (!read) leftOut.push(`${message.subject} at ${message.seq}`);
      if (!read || !isSelected(read, selection)) continue;
      const { state, sequence: stateSequence } = states.get(stateSubjectOf(read)) ?? NO_STATE;
      yield { ...read, state, stateSequence };
    }
    if (leftOut.length > 0) {
      this.logger.warn(
        `left out ${leftOut.length} of stream ${FAILURES_STREAM} as no failure events, the first on ${lineOf(leftOut[0]!)}`,
      );
    }
  }

  /** By their subjects. */
  private async states({ processor = '*' }: ReplaySelection): Promise<Map<string, StoredFailureState>> {
    const states = new Map<string, StoredFailureState>();
    const selection = { stream: FAILURES_STREAM, subjects: [failureStateSubject(processor, '*')] };
    for await (const message of readStream(await this.connection.get(), selection)) {
      states.set(message.subject, readFailureState(message));
    }
    return states;
  }

  private async manager(): Promise<JetStreamManager> {
    return jetstreamManager(await this.connection.get(), { checkAPI: false, timeout: ANSWER_TIMEOUT });
  }
}

function stateSubjectOf({ id, failure }: Pick<StoredFailure, 'id' | 'failure'>): string {
  return failureStateSubject(failure.processor, id);
}

/** Null where neither the message nor its stream is there any more. */
async function storedMessage(
  { streams }: JetStreamManager,
  stream: string,
  seq: number,
): Promise<StoredMsg | null> {
  try {
    return await readWithRetry(stream, () => streams.getMessage(stream, { seq }));
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return null;
    throw error;
  }
}

/** False of what lies in the same place of a stream that was deleted and made again. */
function isOriginal(
  { subject, time: storedAt }: StoredMsg,
  headers: Record<string, string[]>,
  { stream, sequence, ...original }: OriginalEvent,
): boolean {
  const id = idIn(headers) ?? storedEventId({ stream, sequence, storedAt });
  return subject === original.subject && id === original.eventId;
}

function isSelected(
  { id, failure }: Pick<StoredFailure, 'id' | 'failure'>,
  { failureIds, error }: ReplaySelection,
): boolean {
  return (!failureIds || failureIds.includes(id)) && (!error || failure.error.name === error);
}

/** Headers that nobody can parse are left behind: the event goes on without them. */
export function parsed(headers: () => Record<string, string[]>): Record<string, string[]> {
  try {
    return headers();
  } catch {
    return {};
  }
}
