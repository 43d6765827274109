import {
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
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
import { publishConfirmed } from '../client/publish-pipeline.js';
import { openPauses } from '../events/open-pauses.js';
import { consumerConfigs } from './stream-settings.js';

/** Milliseconds. */
const LATELY = 60_000;

/** A consumer on the server. */
export interface ConsumerPlace {
  stream: string;
  durable: string;
}

/**
 * What no code declares of a processor that has consumers or retries on the server: all of it if the processor was removed or
 * renamed, or is another language's.
 */
export interface RetiredProcessor {
  processor: string;
  /** The code has the processor, with other consumers than these. Its retries are in use. */
  isDeclared: boolean;
  /** Empty if a prune was interrupted, or a retry was stored after it. */
  consumers: ConsumerPlace[];
  /** Events that wait for it, and those that it has not answered. */
  waiting: number;
  /** Events that wait for another attempt of it. */
  retries: number;
  /** A process pulls from one of the consumers, has lately taken an event that it has not answered yet, or is paused. */
  isInUse: boolean;
  /** The declared processor that had this name formerly. */
  renamedTo: string | undefined;
}

/** Sorted by name. Only consumers of our streams count. */
export async function retiredProcessors(
  connection: NatsConnection,
  declarations: readonly ProcessorDeclaration[],
): Promise<RetiredProcessor[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const declared = new Set(
    declarations.flatMap(consumerConfigs).map(({ stream, config }) => `${stream} ${config.durable_name}`),
  );
  const durables = (await durablesOf(manager)).filter(
    ({ stream_name, name }) => !declared.has(`${stream_name} ${name}`),
  );
  const retries = await retriesByProcessor(manager);
  for (const { processor } of declarations) retries.delete(processor);
  const pauses = (await unlessNoStream(openPauses(connection))) ?? new Map();
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
 * Deletes the consumers of a retired processor. Retries that wait for it go to the processor that it was renamed to; without one
 * they are deleted. The consumers are deleted last: after an interruption the next prune finds the processor again.
 */
export async function removeRetired(
  connection: NatsConnection,
  { processor, isDeclared, consumers, renamedTo }: RetiredProcessor,
): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  if (isDeclared) return deleteConsumers(manager, consumers);
  if (renamedTo) await moveRetries(connection, manager, processor, renamedTo);
  else await unlessNoStream(manager.streams.purge(RETRIES_STREAM, { filter: retriesOf(processor) }));
  await deleteConsumers(manager, consumers);
}

async function deleteConsumers(manager: JetStreamManager, places: readonly ConsumerPlace[]): Promise<void> {
  for (const { stream, durable } of places) await manager.consumers.delete(stream, durable);
}

/** Between two requests of a process that takes one event after the other, nothing waits at the server. */
function isAtWork({ num_ack_pending, delivered }: ConsumerInfo): boolean {
  // The server sends a time as text; the client's types say that it is a number.
  const lastActive = Date.parse(String(delivered.last_active));
  return num_ack_pending > 0 && Date.now() - lastActive < LATELY;
}

async function durablesOf(manager: JetStreamManager): Promise<ConsumerInfo[]> {
  const durables: ConsumerInfo[] = [];
  for (const stream of [EVENTS_STREAM, RETRIES_STREAM, FAILURES_STREAM]) {
    await unlessNoStream(
      (async () => {
        for await (const info of manager.consumers.list(stream))
          if (info.config.durable_name) durables.push(info);
      })(),
    );
  }
  return durables;
}

/** JetStream keeps one schedule a subject, and each chain of attempts has a subject of its own. */
async function retriesByProcessor({ streams }: JetStreamManager): Promise<Map<string, number>> {
  const info = await unlessNoStream(streams.info(RETRIES_STREAM, { subjects_filter: retriesOf('*') }));
  const counts = new Map<string, number>();
  for (const subject of Object.keys(info?.state.subjects ?? {})) {
    const processor = subject.split('.')[1]!;
    counts.set(processor, (counts.get(processor) ?? 0) + 1);
  }
  return counts;
}

/** Forwards through the stream: a retry that comes due meanwhile is stored anew, behind all others. */
async function moveRetries(
  connection: NatsConnection,
  manager: JetStreamManager,
  from: string,
  to: string,
): Promise<void> {
  for (let seq = 1; ;) {
    // A field of the server's API that the client's types do not know.
    const query = { seq, next_by_subj: retriesOf(from) } as { seq: number };
    const message = await unlessNoStream(manager.streams.getMessage(RETRIES_STREAM, query));
    if (!message) return;
    await publishConfirmed(connection, renamed(message, from, to));
    seq = message.seq + 1;
    // Deletes this message alone. Unlike a deletion it succeeds if the message has just come due, and is not there any more.
    await manager.streams.purge(RETRIES_STREAM, { filter: message.subject, seq });
  }
}

/**
 * The retry under the new name. Its id differs, since within 10 minutes the broker would take it for the former one. Of the
 * server's own headers only the schedule is kept: those of a retry that came due delete the schedule that they name.
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

async function unlessNoStream<Answer>(request: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await request;
  } catch (error) {
    const isMissing =
      error instanceof JetStreamApiError && error.code === (JetStreamApiCodes.StreamNotFound as number);
    if (!isMissing) throw error;
    return undefined;
  }
}
