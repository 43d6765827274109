import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
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
import { unlessMissing } from '../client/unless-missing.js';

/** Timeout of a request for one message, in milliseconds. */
const ANSWER_TIMEOUT = 2_000;
const NO_STATE: StoredFailureState = { state: undefined, sequence: 0 };

/** Complete event as it was published. */
export interface WholeEvent {
  subject: string;
  headers: Record<string, string[]>;
  body: Uint8Array;
}

/** Thrown if neither the failure event nor the stream has the complete original event. */
export class OriginalGoneError extends Error {
  override readonly name = 'OriginalGoneError';
}

/** Reads failure events and the events that failed. */
@Injectable()
export class FailureReader {
  private readonly logger = new Logger('failures');

  constructor(private readonly connection: JetStreamConnection) {}

  /**
   * Yields the failure events of a selection, oldest first. Messages that are not failure events are left out, and their number
   * is logged.
   */
  async *list(selection: ReplaySelection = {}): AsyncGenerator<StoredFailure> {
    yield* this.read(selection, await this.states(selection));
  }

  /** Returns the failure event with this id; undefined if there is no such failure event. The search reads only headers. */
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

  /** Returns the present state of one failure event of a processor. */
  async stateOf(processor: string, failureId: string): Promise<StoredFailureState> {
    const { streams } = await this.manager();
    const query = { last_by_subj: failureStateSubject(processor, failureId) };
    const message = await readWithRetry(FAILURES_STREAM, () => streams.getMessage(FAILURES_STREAM, query));
    return message ? readFailureState(message) : NO_STATE;
  }

  /**
   * Returns the complete event that failed. The event is read from its stream if the failure event lacks the event's body or
   * headers.
   *
   * @throws OriginalGoneError if the stream no longer has the event
   */
  async original({ original }: EventFailed): Promise<WholeEvent> {
    const { subject, headers, body } = original;
    if (headers && body) return { subject, headers, body: decodeBody(body) };
    return { subject, ...(await this.fromStream(original)) };
  }

  /**
   * Returns the event that failed as an instance of its class, as {@link EventFailed.originalEvent} does. The event is read from
   * its stream if the failure event does not carry the event's body.
   *
   * @throws InvalidEventError if the event breaks its contract
   * @throws OriginalGoneError if the stream no longer has the event
   */
  async originalEvent<Event extends object>(failure: EventFailed, type: EventClass<Event>): Promise<Event> {
    const carried = failure.original.body;
    if (carried) return readEvent(type, decodeBody(carried), ceTypeOf(failure.original.headers));
    const { headers, body } = await this.original(failure);
    return readEvent(type, body, ceTypeOf(headers));
  }

  private async fromStream(original: OriginalEvent): Promise<Omit<WholeEvent, 'subject'>> {
    const { stream, sequence, eventId } = original;
    const { streams } = await this.manager();
    const message = await unlessMissing(
      readWithRetry(stream, () => streams.getMessage(stream, { seq: sequence })),
    );
    const headers = message ? parsed(() => Object.fromEntries(message.header)) : {};
    if (message && isOriginal(message, headers, original)) return { headers, body: message.data };
    throw new OriginalGoneError(
      `Event ${eventId} is no longer stored: stream ${stream} has ${message ? 'another event' : 'nothing'} at ${sequence}. ` +
        'A stream keeps events for its max_age, and loses them if it is deleted.',
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
      const subject = failureStateSubject(read.failure.processor, read.id);
      const { state, sequence: stateSequence } = states.get(subject) ?? NO_STATE;
      yield { ...read, state, stateSequence };
    }
    if (leftOut.length > 0) {
      this.logger.warn(
        `left out ${leftOut.length} messages in ${FAILURES_STREAM} that are not failure events; the first is on ${lineOf(leftOut[0]!)}`,
      );
    }
  }

  /**
   * Returns the states of the failure events, by subject. If the selection has a processor, returns only the states of its
   * failure events.
   */
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

/**
 * Returns true if the message is the original event. Another message may have the same stream and sequence after the stream was
 * deleted and created again.
 */
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

/** Returns the headers; an empty object if the headers cannot be parsed. */
export function parsed(headers: () => Record<string, string[]>): Record<string, string[]> {
  try {
    return headers();
  } catch {
    return {};
  }
}
