/** What the command line asks of a service's outbox, in JSON on the service's subject. */
export type OutboxRequest =
  | { do: 'show'; limit: number }
  | ({ do: 'put-back'; ids?: readonly string[] } & Asker)
  | ({ do: 'drop'; ids: readonly string[] } & Asker);

/** Who asks, and why: for the service's log. */
export interface Asker {
  by: string;
  reason: string;
}

/** What an outbox holds beside published events. */
export interface OutboxContent {
  /** Events still to be published. */
  waiting: number;
  /** The oldest of these. */
  oldest?: UnpublishedEvent;
  /** How many events are set aside, and the oldest of them. */
  setAside: number;
  setAsideEvents: UnpublishedEvent[];
}

export interface UnpublishedEvent {
  id: string;
  /** Such as `user.signed-up`. */
  event: string;
  /** RFC 3339. */
  addedAt: string;
  /** How often publishing it has failed. */
  attempts: number;
  /** Why it failed the last time, or was set aside; undefined where it has not failed. */
  error?: string;
}

/** Events that were put back or dropped. */
export interface OutboxChange {
  changed: number;
}

export type OutboxAnswer = OutboxContent | OutboxChange | { refused: string };

/** Of one request, so that an answer fits into a message. */
export const MOST_EVENTS = 500;
export const MAX_TEXT = 300;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Reads a request as anybody may have sent it who has the right to.
 *
 * @throws Error with the reason where it is none
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

/** On one line, and short: it goes into a log. */
export function lineOf(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\p{C}+/gu, ' ').trim() : '';
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
