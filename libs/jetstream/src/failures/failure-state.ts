import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { derivedEventId } from '../wire/event-ids.js';
import { failureStateSubject, typeOf } from '../wire/names.js';

const FAILURE_STATES = ['requested', 'handled', 'failed-again'] as const;

/** Name of the state of a failure event. A failure event that was never replayed has no state. */
export type FailureStateName = (typeof FAILURE_STATES)[number];

/**
 * State of a failure event after a replay was requested. The event was then handled, failed again, or is still to be handled. The
 * failure event itself never changes. Only the newest state on the failure's state subject counts.
 */
export interface FailureState {
  failureId: string;
  state: FailureStateName;
  /** Time of the change, in RFC 3339. */
  at: string;
  replayId: string;
  /** Id of the newer failure event, if the replay failed again. */
  failedAgainAs?: string;
}

const TYPE = typeOf('failure.state-changed', 1);

/**
 * Returns the message that records a state of a failure event.
 *
 * @param processor processor that failed
 * @param source processor or part of the transport that changes the state
 * @param expectedSequence sequence of the previous state; 0 if there must be no previous state. If undefined, any previous state
 * is accepted. If two changes expect the same sequence, the broker refuses one of the changes.
 */
export function failureStateMessage(
  state: FailureState,
  processor: string,
  source: string,
  correlationId: string,
  expectedSequence?: number,
): OutgoingMessage {
  const causationId = state.failureId;
  const id = derivedEventId(causationId, `${state.state}.${state.replayId}`, 0);
  return {
    subject: failureStateSubject(processor, causationId),
    body: Buffer.from(JSON.stringify(state)),
    headers: toHeaders({ id, source, type: TYPE, time: new Date(state.at), correlationId, causationId }),
    id,
    ...(expectedSequence === undefined ? {} : { expectedSequence }),
  };
}

/** State of a failure event, and the place of the state in the stream. The sequence is 0 if there is no state. */
export interface StoredFailureState {
  /** Newest state; undefined if there is no state, or if the newest message is not a state of this failure. */
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
