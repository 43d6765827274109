import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { derivedEventId } from '../wire/event-ids.js';
import { failureStateSubject, typeOf } from '../wire/names.js';

const FAILURE_STATES = ['requested', 'handled', 'failed-again'] as const;

/** What became of a failure event. One that nobody replayed has no state. */
export type FailureStateName = (typeof FAILURE_STATES)[number];

/**
 * A step in the life of a failure event: a replay of it was requested, succeeded or failed again. The failure event itself
 * is never changed; the newest of these on its subject counts.
 */
export interface FailureState {
  failureId: string;
  state: FailureStateName;
  /** RFC 3339. */
  at: string;
  replayId: string;
  /** The newer failure event, where it failed again. */
  failedAgainAs?: string;
}

const TYPE = typeOf('failure.state-changed', 1);

/**
 * @param processor whose failure it is
 * @param source who changes the state
 * @param expectedSequence where the state that this one follows lies, 0 for none: of two who change it at once, one is refused
 */
export function failureStateMessage(
  state: FailureState,
  processor: string,
  source: string,
  correlationId: string,
  expectedSequence?: number,
): OutgoingMessage {
  const id = derivedEventId(state.failureId, `${state.state}.${state.replayId}`, 0);
  return {
    subject: failureStateSubject(processor, state.failureId),
    body: Buffer.from(JSON.stringify(state)),
    headers: toHeaders({
      id,
      source,
      type: TYPE,
      time: new Date(state.at),
      correlationId,
      causationId: state.failureId,
    }),
    id,
    ...(expectedSequence === undefined ? {} : { expectedSequence }),
  };
}

/** A failure event's state, and where it lies in the stream; sequence 0 where nothing does. */
export interface StoredFailureState {
  /** Undefined also if something else lies there: a stranger's message, or the state of another failure. */
  state: FailureState | undefined;
  sequence: number;
}

export function readFailureState({ subject, data, seq }: StoredMessage): StoredFailureState {
  const failureId = subject.split('.')[2];
  return { state: parseFailureState(data, failureId), sequence: seq };
}

interface StoredMessage {
  subject: string;
  data: Uint8Array;
  seq: number;
}

function parseFailureState(body: Uint8Array, failureId: string | undefined): FailureState | undefined {
  try {
    const state = JSON.parse(Buffer.from(body).toString()) as FailureState | null;
    const texts = [state?.at, state?.replayId, state?.failedAgainAs ?? ''];
    const isState = texts.every((text) => typeof text === 'string') && FAILURE_STATES.includes(state!.state);
    return isState && state!.failureId === failureId ? state! : undefined;
  } catch {
    return undefined;
  }
}
