import { errors, type NatsConnection } from '@nats-io/transport-node';
import { readStream } from '../client/stream-reader.js';
import { channelOf, EVENTS_STREAM } from '../wire/names.js';
import { ProcessorPaused, ProcessorResumed } from './processor-state-events.js';

type Pause = Pick<ProcessorPaused, 'processor' | 'pausedAt' | 'presence'>;

const PAUSED = channelOf(ProcessorPaused.event.name);
const RESUMED = channelOf(ProcessorResumed.event.name);
/** Milliseconds for a request that nobody answers: without a responder the broker itself answers at once. */
const PRESENCE_TIMEOUT = 500;

/**
 * The pauses that last, by processor: when each began, one for each replica that is paused. Pauses whose end was announced are
 * over, and so are those of processes that are gone.
 */
export async function openPauses(connection: NatsConnection): Promise<Map<string, Date[]>> {
  const announced = await unresumed(connection);
  const lasting = await Promise.all(announced.map((pause) => isPresent(connection, pause)));
  const open = new Map<string, Date[]>();
  for (const { processor, pausedAt } of announced.filter((_, index) => lasting[index])) {
    open.set(processor, [...(open.get(processor) ?? []), new Date(pausedAt)]);
  }
  return open;
}

async function unresumed(connection: NatsConnection): Promise<Pause[]> {
  const pauses: Pause[] = [];
  for await (const message of readStream(connection, {
    stream: EVENTS_STREAM,
    subjects: [PAUSED, RESUMED],
  })) {
    const pause = pauseIn(message.string());
    if (!pause) continue;
    // Replicas pause each by itself. Two may do so in the same millisecond: one of them is taken out.
    const at = pauses.findIndex(
      (open) => open.processor === pause.processor && open.pausedAt === pause.pausedAt,
    );
    if (message.subject === PAUSED) pauses.push(pause);
    else if (at >= 0) pauses.splice(at, 1);
  }
  return pauses;
}

/** Published by hand it may be anything. */
function pauseIn(text: string): Pause | undefined {
  try {
    const { processor, pausedAt, presence } = JSON.parse(text) as Partial<Pause>;
    if (!processor || !pausedAt || Number.isNaN(Date.parse(pausedAt))) return undefined;
    return { processor, pausedAt, ...(presence ? { presence } : {}) };
  } catch {
    return undefined;
  }
}

async function isPresent(connection: NatsConnection, { presence }: Pause): Promise<boolean> {
  if (!presence) return true;
  try {
    await connection.request(presence, '', { timeout: PRESENCE_TIMEOUT });
    return true;
  } catch (error) {
    return !hasNoResponders(error);
  }
}

function hasNoResponders(error: unknown): boolean {
  return [error, (error as Error).cause].some((cause) => cause instanceof errors.NoRespondersError);
}
