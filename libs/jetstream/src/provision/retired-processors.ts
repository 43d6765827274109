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

/** Time after its last delivery during which a consumer with unsettled events counts as used, in milliseconds. */
const RECENTLY = 60_000;

/** A consumer on the server. */
export interface ConsumerPlace {
  stream: string;
  durable: string;
}

/**
 * Processor whose consumers or retries are on the server, although no code declares these consumers. The processor was removed or
 * renamed, reads other streams now, or is written in another language.
 */
export interface RetiredProcessor {
  processor: string;
  /** True if the code declares the processor with other consumers. The retries of such a processor are in use. */
  isDeclared: boolean;
  /** Consumers that no code declares; empty if a prune was interrupted, or if a retry was stored after a prune. */
  consumers: ConsumerPlace[];
  /** Number of events and replays that wait for the processor or are in flight, without retries. */
  waiting: number;
  /** Number of events that wait for another attempt. */
  retries: number;
  /**
   * True if a process has a pull request at one of the consumers, or is paused. Also true if a consumer has unsettled events and
   * delivered an event within the last minute.
   */
  isInUse: boolean;
  /** Declared processor that has this name among its former names. */
  renamedTo: string | undefined;
}

/** Returns the retired processors with consumers or retries on Cascade's streams, sorted by name. */
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
 * Deletes the undeclared consumers of a retired processor. If the processor is still declared, its retries are kept. If the
 * processor was renamed, its retries are moved to the new name. Otherwise, the retries are deleted. The consumers are deleted
 * last, so that the next prune finds the processor again after an interruption.
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

/**
 * Returns true if the consumer has unsettled events and has delivered an event recently. A process that takes one event at a time
 * has no request at the server between two pulls.
 */
function isAtWork({ num_ack_pending, delivered }: ConsumerInfo): boolean {
  // The server sends this time as a string, but the client's types declare it as a number.
  const lastActive = Date.parse(String(delivered.last_active));
  return num_ack_pending > 0 && Date.now() - lastActive < RECENTLY;
}

/**
 * Counts the retries of each processor by their subjects. JetStream keeps one schedule per subject, so each chain of attempts has
 * its own subject.
 */
async function retriesByProcessor({ streams }: JetStreamManager): Promise<Map<string, number>> {
  const info = await unlessMissing(streams.info(RETRIES_STREAM, { subjects_filter: retriesOf('*') }));
  const counts = new Map<string, number>();
  for (const subject of Object.keys(info?.state.subjects ?? {})) {
    const processor = subject.split('.')[1]!;
    counts.set(processor, (counts.get(processor) ?? 0) + 1);
  }
  return counts;
}

/**
 * Moves the retries of a processor to its new name. The stream is read forwards. If a retry becomes due during the move, the
 * broker stores it at the end, where the move finds it.
 */
async function moveRetries(
  connection: NatsConnection,
  manager: JetStreamManager,
  from: string,
  to: string,
): Promise<void> {
  for (let seq = 1; ;) {
    // The client's types do not have the field `next_by_subj` of the server's API.
    const query = { seq, next_by_subj: retriesOf(from) } as { seq: number };
    const message = await unlessMissing(manager.streams.getMessage(RETRIES_STREAM, query));
    if (!message) return;
    await publishConfirmed(connection, renamed(message, from, to));
    seq = message.seq + 1;
    // Deletes only this message. Unlike a deletion, a purge succeeds even if the message has just become due and no longer
    // exists.
    await manager.streams.purge(RETRIES_STREAM, { filter: message.subject, seq });
  }
}

/**
 * Returns the retry under the new name. The retry gets another id, because the broker drops a second message with the same id for
 * 10 minutes. The server's own headers are left out, except the schedule. The server's headers in a due retry name its former
 * schedule. A new message with these headers would delete that schedule.
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
