/** Request of the command line to a service's outbox, sent as JSON on the service's subject. */
export type OutboxRequest =
  | { do: 'show'; limit: number }
  | ({ do: 'put-back'; ids?: readonly string[] } & Asker)
  | ({ do: 'drop'; ids: readonly string[] } & Asker);

/** Author of a request and the reason for the request, for the service's log. */
export interface Asker {
  by: string;
  reason: string;
}

/** Numbers of waiting and set-aside events in an outbox, with the oldest events of both kinds. */
export interface OutboxContent {
  /** Number of events that are still to be published. */
  waiting: number;
  /** Oldest waiting event; undefined if no event is waiting. */
  oldest?: UnpublishedEvent;
  /** Number of events that are set aside. `setAsideEvents` contains the oldest of these events. */
  setAside: number;
  setAsideEvents: UnpublishedEvent[];
}

export interface UnpublishedEvent {
  id: string;
  /** Name of the event, such as `user.signed-up`. */
  event: string;
  /** Time at which the event was added, in the format of RFC 3339. */
  addedAt: string;
  /** Number of failed attempts to publish the event. */
  attempts: number;
  /** Reason for the last failure, or for setting the event aside. Undefined if no attempt has failed. */
  error?: string;
}

/** Number of events that were put back or dropped. */
export interface OutboxChange {
  changed: number;
}

export type OutboxAnswer = OutboxContent | OutboxChange | { refused: string };

/** Maximum number of events in a request or an answer. An answer with more events might not fit into a message. */
export const MOST_EVENTS = 500;
export const MAX_TEXT = 300;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Parses a request. The request may be invalid, because any client with the right to send requests may have written it.
 *
 * @throws Error with the reason if the request is invalid
 */
export function parseRequest(text: string): OutboxRequest {
  const request = (JSON.parse(text) ?? {}) as Record<string, unknown>;
  const { do: what, limit, ids } = request;
  if (what === 'show') {
    if (Number.isSafeInteger(limit) && (limit as number) >= 0 && (limit as number) <= MOST_EVENTS)
      return { do: what, limit: limit as number };
    throw new Error(`limit must be a whole number from 0 to ${MOST_EVENTS}`);
  }
  const asker = { by: lineOf(request['by']), reason: lineOf(request['reason']) };
  if (what === 'put-back') return { do: what, ...(ids === undefined ? {} : { ids: idsIn(ids) }), ...asker };
  if (what !== 'drop') throw new Error('an outbox can `show`, `put-back` and `drop`');
  if (asker.reason === '') throw new Error('dropping an event needs a reason');
  return { do: what, ids: idsIn(ids), ...asker };
}

function idsIn(value: unknown): string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MOST_EVENTS;
  if (isList && value.every((id) => typeof id === 'string' && UUID.test(id))) return value as string[];
  throw new Error(`ids must be 1 to ${MOST_EVENTS} UUIDs`);
}

/** Converts a string to a single short line for a log. Returns an empty string for any other value. */
export function lineOf(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\p{C}+/gu, ' ').trim() : '';
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
