import { errors, type NatsConnection } from '@nats-io/transport-node';
import { isCausedBy } from '../client/is-caused-by.js';
import { readStream } from '../client/stream-reader.js';
import { channelOf, EVENTS_STREAM } from '../wire/names.js';
import { ProcessorPaused, ProcessorResumed } from './processor-state-events.js';

type Pause = Pick<ProcessorPaused, 'processor' | 'pausedAt' | 'presence'>;

const PAUSED = channelOf(ProcessorPaused.event.name);
const RESUMED = channelOf(ProcessorResumed.event.name);
/**
 * Time to wait for the reply of a paused replica, in milliseconds. If the replica no longer exists, the broker itself replies
 * immediately.
 */
const PRESENCE_TIMEOUT = 500;

/**
 * Returns the start times of the current pauses by processor, with one start time for each paused replica. A pause is over if its
 * end was announced, or if its process has ended.
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
    // Each replica pauses independently. If two replicas paused in the same millisecond, the end of one pause removes only one of
    // the two pauses.
    const at = pauses.findIndex(
      (open) => open.processor === pause.processor && open.pausedAt === pause.pausedAt,
    );
    if (message.subject === PAUSED) pauses.push(pause);
    else if (at >= 0) pauses.splice(at, 1);
  }
  return pauses;
}

/** Returns the pause that a message announces or ends; undefined for any other message. Any client may publish on the subject. */
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
    return !isCausedBy(error, errors.NoRespondersError);
  }
}
