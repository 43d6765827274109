import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { Injectable } from '@nestjs/common';
import { JetStreamConnection } from './connection.js';
import { decodeBody, type EventFailed, type OriginalEvent } from './event-failed.js';
import type { FailureState } from './failure-state.js';
import { failureStateSubject, FAILURES_STREAM } from './names.js';
import type { ReplaySelection } from './replay-requested.js';
import { envelopeOf } from './stored-envelope.js';
import { readStream } from './stream-reader.js';

/** A failure event with what became of it. */
export interface StoredFailure {
  id: string;
  correlationId: string;
  storedAt: Date;
  /** Place in the stream of failures. */
  sequence: number;
  failure: EventFailed;
  /** Name of the event that failed, such as `user.signed-up`. */
  event: string;
  /** Undefined where nobody replayed it. */
  state: FailureState | undefined;
  /** Where that state lies in the stream; 0 for none. */
  stateSequence: number;
}

/** An event as it was published, whole. */
export interface WholeEvent {
  subject: string;
  headers: Record<string, string[]>;
  body: Uint8Array;
}

/** The original of a failure event is no longer stored, and was too large to be carried. */
export class OriginalGoneError extends Error {
  override readonly name = 'OriginalGoneError';
}

/** Reads failure events and the events that failed. */
@Injectable()
export class FailureArchive {
  constructor(private readonly connection: JetStreamConnection) {}

  /** The failure events of a selection, oldest first. */
  async *list(selection: ReplaySelection = {}): AsyncGenerator<StoredFailure> {
    yield* this.read(selection, await this.states('*'));
  }

  /** One failure event; undefined where none has this id. Reads no more of the others than their headers. */
  async find(failureId: string): Promise<StoredFailure | undefined> {
    const selection = { stream: FAILURES_STREAM, subjects: ['failed.>'], headersOnly: true };
    for await (const message of readStream(await this.connection.get(), selection)) {
      if (envelopeOf(message).id !== failureId) continue;
      const since = message.time;
      const until = new Date(since.getTime() + 1);
      const states = await this.states(failureId);
      for await (const found of this.read({ failureIds: [failureId], since, until }, states)) return found;
    }
    return undefined;
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

  private async fromStream({
    stream,
    sequence,
    eventId,
  }: OriginalEvent): Promise<Omit<WholeEvent, 'subject'>> {
    const manager = await jetstreamManager(await this.connection.get(), { checkAPI: false });
    const message = await manager.streams.getMessage(stream, { seq: sequence });
    if (!message) {
      throw new OriginalGoneError(
        `Event ${eventId} is not stored any more: stream ${stream} has nothing at ${sequence}. Events are kept for the ` +
          "stream's max_age only.",
      );
    }
    return { headers: parsed(() => Object.fromEntries(message.header)), body: message.data };
  }

  private async *read(selection: ReplaySelection, states: States): AsyncGenerator<StoredFailure> {
    const { processor = '*', event = '>', since, until } = selection;
    const place = { stream: FAILURES_STREAM, subjects: [`failed.${processor}.${event}`], since, until };
    for await (const message of readStream(await this.connection.get(), place)) {
      const failure = failureIn(message);
      if (!failure) continue;
      const stored = toStored(message, failure, states);
      if (isSelected(stored, selection)) yield stored;
    }
  }

  /** @param failureId or `*` for those of all */
  private async states(failureId: string): Promise<States> {
    const states: States = new Map();
    const selection = { stream: FAILURES_STREAM, subjects: [failureStateSubject(failureId)] };
    for await (const message of readStream(await this.connection.get(), selection)) {
      const state = message.json<FailureState>();
      states.set(state.failureId, { state, sequence: message.seq });
    }
    return states;
  }
}

type States = Map<string, { state: FailureState; sequence: number }>;

/** Undefined where what lies on the channel is no failure event: anybody who may publish there can put anything on it. */
function failureIn(message: JsMsg): EventFailed | undefined {
  try {
    const failure = message.json<Partial<EventFailed> | null>();
    return failure?.processor && failure.error && failure.original ? (failure as EventFailed) : undefined;
  } catch {
    return undefined;
  }
}

function toStored(message: JsMsg, failure: EventFailed, states: States): StoredFailure {
  const { id, correlationId } = envelopeOf(message);
  const known = states.get(id);
  return {
    id,
    correlationId,
    storedAt: message.time,
    sequence: message.seq,
    failure,
    event: message.subject.split('.').slice(2).join('.'),
    state: known?.state,
    stateSequence: known?.sequence ?? 0,
  };
}

function isSelected({ id, failure }: StoredFailure, { failureIds, error }: ReplaySelection): boolean {
  return (!failureIds || failureIds.includes(id)) && (!error || failure.error.name === error);
}

/** Headers that nobody can parse are left behind: the event goes on without them. */
function parsed(headers: () => Record<string, string[]>): Record<string, string[]> {
  try {
    return headers();
  } catch {
    return {};
  }
}
