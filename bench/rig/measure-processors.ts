import type { Size } from '../events.js';
import { Arena } from './arena.js';
import { fill } from './backlog.js';
import { Contestant } from './contestant.js';
import { measureHandling, type Handling } from './measure-handling.js';

export interface ProcessorsOptions {
  readonly script: string;
  readonly settings?: object | undefined;
  readonly durable?: string;
  readonly size?: Size;
  /** Number of measured events. */
  readonly count: number;
  /** Number of events that are handled before the measurement. */
  readonly warmUp: number;
  /** Number of stored events after the measured events. These events only enlarge the backlog. */
  readonly left?: number;
  readonly replicas?: number;
}

/** Measures the replicas of a processor while they handle a stored backlog. */
export async function measureProcessors({
  script,
  settings,
  durable = 'hop',
  size = 256,
  count,
  warmUp,
  left = 0,
  replicas = 1,
}: ProcessorsOptions): Promise<Handling> {
  const arena = await Arena.open();
  const processes: Contestant[] = [];
  try {
    await fill(arena.connection, warmUp + count + left, size);
    for (let number = 0; number < replicas; number++)
      processes.push(
        new Contestant({ script, natsUrl: arena.broker.url, ...(settings ? { settings } : {}) }),
      );
    const span = { from: warmUp, to: warmUp + count };
    return await measureHandling(processes, () => arena.handled(durable), span);
  } finally {
    for (const contestant of processes) await contestant.stop();
    await arena.close();
  }
}
