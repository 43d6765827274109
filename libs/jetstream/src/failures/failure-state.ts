import { toHeaders } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { derivedEventId } from '../wire/event-ids.js';
import { failureStateSubject, typeOf } from '../wire/names.js';

const FAILURE_STATES = ['requested', 'handled', 'failed-again'] as const;

/** The state of a failure event. A failure event that was never replayed has no state. */
export type FailureStateName = (typeof FAILURE_STATES)[number];

/**
 * A step in the life of a failure event: a replay of it was requested, succeeded or failed again. The failure event itself never
 * changes. The newest state on its subject counts.
 */
export interface FailureState {
  failureId: string;
  state: FailureStateName;
  /** RFC 3339. */
  at: string;
  replayId: string;
  /** The newer failure event, if the replay failed again. */
  failedAgainAs?: string;
}

const TYPE = typeOf('failure.state-changed', 1);

/**
 * @param processor the processor that failed
 * @param source the processor or part of the transport that changes the state
 * @param expectedSequence place of the state before, 0 if there is none. If two changes are made at once, the broker refuses one.
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

/** A failure event's state and its place in the stream; sequence 0 if there is no state. */
export interface StoredFailureState {
  /** Also undefined if another message lies there: a stranger's, or the state of another failure. */
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
