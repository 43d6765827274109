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
import { consumerConfigs } from './stream-settings.js';

/** Milliseconds. */
const LATELY = 60_000;

/** A consumer on the server. */
export interface ConsumerPlace {
  stream: string;
  durable: string;
}

/** A processor that has consumers on the server, and that no code declares: it was removed or renamed, or is another language's. */
export interface RetiredProcessor {
  processor: string;
  consumers: ConsumerPlace[];
  /** Events that wait for it, and those that it has not answered. */
  waiting: number;
  /** Events that wait for another attempt of it. */
  retries: number;
  /** A process pulls from one of the consumers, or has lately taken an event that it has not answered yet. */
  isPulling: boolean;
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
  const retired = new Map<string, RetiredProcessor>();
  for (const info of await durablesOf(manager)) {
    const [stream, durable] = [info.stream_name, info.config.durable_name!];
    if (declared.has(`${stream} ${durable}`)) continue;
    const processor = processorOfDurable(durable);
    const known = retired.get(processor) ?? (await nothingOf(manager, processor, declarations));
    known.consumers.push({ stream, durable });
    if (stream !== RETRIES_STREAM) known.waiting += info.num_pending + info.num_ack_pending;
    known.isPulling ||= info.num_waiting > 0 || isAtWork(info);
    retired.set(processor, known);
  }
  return [...retired.values()].sort((a, b) => (a.processor < b.processor ? -1 : 1));
}

/**
 * Deletes the consumers of a retired processor. Retries that wait for it go to the processor that it was renamed to; without one
 * they are deleted.
 */
export async function removeRetired(
  connection: NatsConnection,
  { processor, consumers, renamedTo }: RetiredProcessor,
): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  for (const { stream, durable } of consumers) await manager.consumers.delete(stream, durable);
  if (renamedTo) await moveRetries(connection, manager, processor, renamedTo);
  else await unlessNoStream(manager.streams.purge(RETRIES_STREAM, { filter: retriesOf(processor) }));
}

/** Between two requests of a process that takes one event after the other, nothing waits at the server. */
function isAtWork({ num_ack_pending, delivered }: ConsumerInfo): boolean {
  // The server sends a time as text; the client's types say that it is a number.
  const lastActive = Date.parse(String(delivered.last_active));
  return num_ack_pending > 0 && Date.now() - lastActive < LATELY;
}

async function nothingOf(
  manager: JetStreamManager,
  processor: string,
  declarations: readonly ProcessorDeclaration[],
): Promise<RetiredProcessor> {
  const renamedTo = declarations.find(({ formerly }) => formerly.includes(processor))?.processor;
  const retries = (await retrySubjects(manager, processor)).length;
  return { processor, consumers: [], waiting: 0, retries, isPulling: false, renamedTo };
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
async function retrySubjects({ streams }: JetStreamManager, processor: string): Promise<string[]> {
  const info = await unlessNoStream(streams.info(RETRIES_STREAM, { subjects_filter: retriesOf(processor) }));
  return Object.keys(info?.state.subjects ?? {});
}

async function moveRetries(
  connection: NatsConnection,
  manager: JetStreamManager,
  from: string,
  to: string,
): Promise<void> {
  for (const subject of await retrySubjects(manager, from)) {
    for (;;) {
      const message = await manager.streams.getMessage(RETRIES_STREAM, { last_by_subj: subject });
      if (!message) break;
      await publishConfirmed(connection, renamed(message, from, to));
      await manager.streams.deleteMessage(RETRIES_STREAM, message.seq);
    }
  }
}

/** The retry under the new name. Its id differs, since within 10 minutes the broker would take it for the former one. */
function renamed(message: StoredMsg, from: string, to: string) {
  const subject = `retry.${to}${message.subject.slice(`retry.${from}`.length)}`;
  const headers = new OutgoingHeaders();
  for (const [name, values] of message.header) {
    if (name !== 'Nats-Msg-Id') for (const value of values) headers.add(name, value);
  }
  if (headers.has('Nats-Schedule-Target'))
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
