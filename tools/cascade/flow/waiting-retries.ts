import { RETRIES_STREAM, TransportHeader } from '@cascade/jetstream';
import type { StoredMsg } from '@nats-io/jetstream';
import type { Broker } from '../broker/broker.js';
import type { FlowRetry, FlowStep } from './flow.js';

export async function waitingRetries(broker: Broker, steps: readonly FlowStep[]): Promise<FlowRetry[]> {
  const retries = await Promise.all(steps.map((step) => retriesOf(broker, step)));
  return retries.flat();
}

/**
 * Returns the waiting retries of a step. A retry's subject names the message that was delivered first: `retry.<processor>.<sch,
 * due or quarantine>.<stream>-<sequence>`.
 */
async function retriesOf({ manager }: Broker, { id, stream, sequence }: FlowStep): Promise<FlowRetry[]> {
  const filter = `retry.*.*.${stream}-${sequence}`;
  const { state } = await manager.streams.info(RETRIES_STREAM, { subjects_filter: filter });
  const messages = await Promise.all(
    Object.keys(state.subjects ?? {}).map((subject) =>
      manager.streams.getMessage(RETRIES_STREAM, { last_by_subj: subject }),
    ),
  );
  // Leaves out a retry that was consumed after its subject was listed.
  return messages.flatMap((message) => (message ? [retryOf(message, id)] : []));
}

function retryOf({ subject, header, seq, time }: StoredMsg, causationId: string): FlowRetry {
  const [, processor, place] = subject.split('.');
  const due = /^@at (.+)$/.exec(header.get('Nats-Schedule'));
  return {
    kind: 'retry',
    id: `retry-${seq}`,
    causationId,
    name: `retry.${processor}`,
    source: processor!,
    time,
    stream: RETRIES_STREAM,
    sequence: seq,
    attempt: (Number(header.get(TransportHeader.attempts)) || 0) + 1,
    due: place === 'sch' && due ? new Date(due[1]!) : undefined,
  };
}
