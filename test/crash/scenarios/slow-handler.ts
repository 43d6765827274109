import { EVENTS_STREAM } from '@cascade/jetstream';
import type { Scenario } from '../scenario.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem } from '../system/worker-system.js';
import type { Trial } from '../trial.js';

const ACK_WAIT_MS = 1_000;

export const slowHandler: Scenario = { name: 'slow-handler', mustShow: 'one delivery', run };

async function run(trial: Trial): Promise<void> {
  const count = trial.scale(200, 20);
  const system = await WorkerSystem.start(trial);
  const worker = await system.work({ processor: 'worker', takes: 3 * ACK_WAIT_MS, ackWait: ACK_WAIT_MS });
  trial.done = `${count} events whose handler takes ${3 * ACK_WAIT_MS} ms, ackWait ${ACK_WAIT_MS} ms`;
  await publishAll(system.client.connection, tasks(count));
  await system.untilDone(worker);
  const { deliveries } = await system.client.backlog(EVENTS_STREAM, 'worker');
  trial.expectEqual('deliveries', deliveries, count);
  trial.expectEqual('attempts', [...new Set(worker.handled.map(({ attempt }) => attempt))], [1]);
  trial.expectEqual('handled', worker.handled.length, count);
  trial.figure(`${deliveries} deliveries of ${count} events`);
}
