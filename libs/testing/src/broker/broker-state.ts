import { FAILURES_STREAM, type FailureState } from '@cascade/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { eventually } from '../eventually.js';
import { storedEvents, tableOf } from './stored-events.js';

/** Waits until a stream has at least `count` messages on a subject. The error of a failed wait shows the state of the broker. */
export async function untilStored(
  connection: NatsConnection,
  stream: string,
  subject: string,
  count: number,
): Promise<void> {
  const { streams } = await jetstreamManager(connection);
  await eventually(
    async () => {
      const { state } = await streams.info(stream, { subjects_filter: subject });
      const found = Object.values(state.subjects ?? {}).reduce((sum, number) => sum + number, 0);
      if (found < count) throw new Error(`${found} of ${count} messages on ${subject}`);
    },
    { instead: () => brokerState(connection) },
  );
}

/**
 * Waits until a processor has reported the result of a failure's replay. The number of stored states does not matter. For
 * example, the state "requested" is not stored if the processor has already reported the result.
 */
export async function untilAnswered(connection: NatsConnection, failureId: string): Promise<void> {
  const { streams } = await jetstreamManager(connection);
  const subject = `failure-state.*.${failureId}`;
  await eventually(
    async () => {
      const newest = await streams.getMessage(FAILURES_STREAM, { last_by_subj: subject });
      const state = newest?.json<FailureState>().state ?? 'open';
      if (state !== 'handled' && state !== 'failed-again')
        throw new Error(`failure ${failureId} is ${state}`);
    },
    { instead: () => brokerState(connection) },
  );
}

/** Describes the subjects, the consumers and all stored events of the broker, for the error of a failed wait. */
export async function brokerState(connection: NatsConnection): Promise<string> {
  const manager = await jetstreamManager(connection);
  const lines: string[] = [];
  for await (const { config } of manager.streams.list()) {
    const { state } = await manager.streams.info(config.name, { subjects_filter: '>' });
    for (const [subject, count] of Object.entries(state.subjects ?? {})) {
      lines.push(`${config.name} holds ${count} on ${subject}`);
    }
    for await (const { name, num_pending, num_ack_pending, num_redelivered } of manager.consumers.list(
      config.name,
    )) {
      lines.push(
        `${config.name} has for ${name}: ${num_pending} waiting, ${num_ack_pending} in flight, ${num_redelivered} redelivered`,
      );
    }
  }
  return `${lines.map((line) => `  ${line}`).join('\n')}\n  Stored events:${tableOf(await storedEvents(connection))}`;
}
