import { jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamConnection } from '../client/connection.js';
import { encodeBody, type EncodedBody, type EventFailed } from '../events/event-failed.js';
import { readFailureState, type FailureState } from '../failures/failure-state.js';
import {
  OriginalGoneError,
  parsed,
  type FailureReader,
  type WholeEvent,
} from '../failures/failure-reader.js';
import { FAILURES_STREAM, failureStateSubject } from '../wire/names.js';
import { areHeaders, isBody, readFailure, type StoredFailure } from '../failures/stored-failure.js';

/** Failure event with everything that is needed to restore it. An archive has one line of JSON for each failure event. */
export interface ArchivedFailure {
  id: string;
  subject: string;
  headers: Record<string, string[]>;
  failure: EventFailed;
  /** State of the failure event; absent if the failure event was never replayed. */
  state?: FailureState;
  /** Event that failed; absent if the failure event carries the whole event, or if the stream no longer had the event. */
  original?: { subject: string; headers: Record<string, string[]>; body: EncodedBody };
}

/** Returns a stored failure for an archive; undefined if the stream no longer has the failure. */
export async function archivedFailure(
  connection: JetStreamConnection,
  archive: FailureReader,
  { id, sequence, state, failure: { original } }: StoredFailure,
): Promise<ArchivedFailure | undefined> {
  const { streams } = await jetstreamManager(await connection.get(), { checkAPI: false });
  const message = await streams.getMessage(FAILURES_STREAM, { seq: sequence });
  if (!message) return undefined;
  const failure = message.json<EventFailed>();
  const isCarried = original.headers && original.body;
  const whole = isCarried ? undefined : await originalIfThere(archive, failure);
  return {
    id,
    subject: message.subject,
    headers: parsed(() => Object.fromEntries(message.header)),
    failure,
    ...(state ? { state } : {}),
    ...(whole ? { original: { ...whole, body: encodeBody(whole.body) } } : {}),
  };
}

/** Returns the original event; undefined if its stream no longer has the event. */
export async function originalIfThere(
  archive: FailureReader,
  failure: EventFailed,
): Promise<WholeEvent | undefined> {
  try {
    return await archive.original(failure);
  } catch (error) {
    if (error instanceof OriginalGoneError) return undefined;
    throw error;
  }
}

/** Returns the failure in a line of an archive; undefined for any other string. */
export async function readArchivedFailure(json: string): Promise<ArchivedFailure | undefined> {
  try {
    const archived = JSON.parse(json) as ArchivedFailure;
    return (await isArchived(archived)) ? archived : undefined;
  } catch {
    return undefined;
  }
}

/** Checks an archived failure as strictly as a failure that is read from the stream. */
async function isArchived(archived: ArchivedFailure): Promise<boolean> {
  const { id, subject, headers, failure, state, original } = archived;
  if (!areHeaders(headers) || (original && !isWhole(original))) return false;
  const data = Buffer.from(JSON.stringify(failure));
  const message = { subject, headers: Object.entries(headers), data, seq: 0, time: new Date() };
  if ((await readFailure(message))?.id !== id) return false;
  return state === undefined || isStateOf(state, failureStateSubject(failure.processor, id));
}

function isStateOf(state: FailureState, subject: string): boolean {
  if (Number.isNaN(Date.parse(state.at))) return false;
  return readFailureState({ subject, data: Buffer.from(JSON.stringify(state)), seq: 0 }).state !== undefined;
}

function isWhole({ subject, headers, body }: NonNullable<ArchivedFailure['original']>): boolean {
  return typeof subject === 'string' && areHeaders(headers) && isBody(body);
}
