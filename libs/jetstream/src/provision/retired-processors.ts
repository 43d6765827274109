import {
  jetstreamManager,
  type ConsumerInfo,
  type JetStreamManager,
  type StoredMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { messageId } from '../wire/event-ids.js';
import {
  EVENTS_STREAM,
  FAILURES_STREAM,
  processorOfDurable,
  RETRIES_STREAM,
  retriesOf,
  retryDueOf,
} from '../wire/names.js';
import { OutgoingHeaders } from '../wire/outgoing-headers.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { durablesOf } from '../client/durables-of.js';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { unlessMissing } from '../client/unless-missing.js';
import { openPauses } from '../events/open-pauses.js';
import { consumerConfigs } from './stream-settings.js';

/** Milliseconds since its last delivery, for which a consumer with unanswered events counts as used. */
const RECENTLY = 60_000;

/** A consumer on the server. */
export interface ConsumerPlace {
  stream: string;
  durable: string;
}

/**
 * Consumers and retries on the server that no code declares. The processor was removed or renamed, reads other streams now, or is
 * written in another language.
 */
export interface RetiredProcessor {
  processor: string;
  /** True if the code declares the processor with other consumers than these. Its retries are in use. */
  isDeclared: boolean;
  /** Empty if a prune was interrupted, or a retry was stored after it. */
  consumers: ConsumerPlace[];
  /** Events that wait for the processor or are in flight. */
  waiting: number;
  /** Events that wait for another attempt. */
  retries: number;
  /** True if a process pulls from one of the consumers, has taken an event within the last minute, or is paused. */
  isInUse: boolean;
  /** The declared processor that has this name among its former names. */
  renamedTo: string | undefined;
}

/** Retired processors with consumers or retries on our streams, sorted by name. */
export async function retiredProcessors(
  connection: NatsConnection,
  declarations: readonly ProcessorDeclaration[],
): Promise<RetiredProcessor[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const declared = new Set(
    declarations.flatMap(consumerConfigs).map(({ stream, config }) => `${stream} ${config.durable_name}`),
  );
  const streams = [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM];
  const existing = await Promise.all(streams.map((stream) => unlessMissing(durablesOf(manager, stream))));
  const durables = existing
    .flatMap((infos) => infos ?? [])
    .filter(({ stream_name, name }) => !declared.has(`${stream_name} ${name}`));
  const retries = await retriesByProcessor(manager);
  for (const { processor } of declarations) retries.delete(processor);
  const pauses = (await unlessMissing(openPauses(connection))) ?? new Map();
  const names = new Set([...durables.map(({ name }) => processorOfDurable(name)), ...retries.keys()]);
  return [...names].sort().map((processor) => {
    const own = durables.filter(({ name }) => processorOfDurable(name) === processor);
    return {
      processor,
      isDeclared: declarations.some((declaration) => declaration.processor === processor),
      consumers: own.map(({ stream_name, name }) => ({ stream: stream_name, durable: name })),
      waiting: own
        .filter(({ stream_name }) => stream_name !== RETRIES_STREAM)
        .reduce((sum, { num_pending, num_ack_pending }) => sum + num_pending + num_ack_pending, 0),
      retries: retries.get(processor) ?? 0,
      isInUse: pauses.has(processor) || own.some((info) => info.num_waiting > 0 || isAtWork(info)),
      renamedTo: declarations.find(({ formerly }) => formerly.includes(processor))?.processor,
    };
  });
}

/**
 * Deletes the consumers of a retired processor. Its retries go to the processor that it was renamed to, or are deleted. The
 * consumers are deleted last, so that after an interruption the next prune finds the processor again.
 */
export async function removeRetired(
  connection: NatsConnection,
  { processor, isDeclared, consumers, renamedTo }: RetiredProcessor,
): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  if (!isDeclared) {
    if (renamedTo) await moveRetries(connection, manager, processor, renamedTo);
    else await unlessMissing(manager.streams.purge(RETRIES_STREAM, { filter: retriesOf(processor) }));
  }
  for (const { stream, durable } of consumers) await manager.consumers.delete(stream, durable);
}

/** A process that takes one event at a time has no request at the server between two pulls. */
function isAtWork({ num_ack_pending, delivered }: ConsumerInfo): boolean {
  // The server sends a time as text; the client's types say that it is a number.
  const lastActive = Date.parse(String(delivered.last_active));
  return num_ack_pending > 0 && Date.now() - lastActive < RECENTLY;
}

/** JetStream keeps one schedule per subject, so each chain of attempts has its own subject. */
async function retriesByProcessor({ streams }: JetStreamManager): Promise<Map<string, number>> {
  const info = await unlessMissing(streams.info(RETRIES_STREAM, { subjects_filter: retriesOf('*') }));
  const counts = new Map<string, number>();
  for (const subject of Object.keys(info?.state.subjects ?? {})) {
    const processor = subject.split('.')[1]!;
    counts.set(processor, (counts.get(processor) ?? 0) + 1);
  }
  return counts;
}

/** Reads the stream forwards, since a retry that becomes due at the same time is stored again at the end. */
async function moveRetries(
  connection: NatsConnection,
  manager: JetStreamManager,
  from: string,
  to: string,
): Promise<void> {
  for (let seq = 1; ;) {
    // The client's types do not have this field of the server's API.
    const query = { seq, next_by_subj: retriesOf(from) } as { seq: number };
    const message = await unlessMissing(manager.streams.getMessage(RETRIES_STREAM, query));
    if (!message) return;
    await publishConfirmed(connection, renamed(message, from, to));
    seq = message.seq + 1;
    // Deletes this message only. Unlike a deletion, a purge succeeds if the message has just become due and no longer exists.
    await manager.streams.purge(RETRIES_STREAM, { filter: message.subject, seq });
  }
}

/**
 * The retry under the new name. It gets another id, since the broker drops a second message with the same id for 10 minutes. Of the
 * server's own headers it keeps only the schedule: the headers of a due retry would delete the schedule that they name.
 */
function renamed(message: StoredMsg, from: string, to: string) {
  const subject = `retry.${to}${message.subject.slice(`retry.${from}`.length)}`;
  const headers = new OutgoingHeaders();
  for (const [name, values] of message.header) {
    if (!name.startsWith('Nats-') || name === 'Nats-Schedule')
      for (const value of values) headers.add(name, value);
  }
  if (headers.has('Nats-Schedule'))
    headers.set('Nats-Schedule-Target', retryDueOf(to, subject.split('.').at(-1)!));
  return { subject, body: message.data, headers, id: messageId('renamed', subject, message.seq) };
}
