import { FAILURES_STREAM } from '@cascade/jetstream';
import type { Scenario } from '../scenario.js';
import { publishAll, tasks } from '../system/publish.js';
import { WorkerSystem } from '../system/worker-system.js';
import type { Trial } from '../trial.js';

const ATTEMPTS = 3;

export const crashLoop: Scenario = {
  name: 'crash-loop',
  mustShow: 'one failure event, siblings unaffected',
  run,
};

/** Kills a process on each attempt to handle a poisonous event. No other event of the process may be dead-lettered. */
async function run(trial: Trial): Promise<void> {
  const count = trial.scale(200, 50);
  const poison = trial.random.between(5, count - 5);
  const system = await WorkerSystem.start(trial);
  trial.done = `the handler of one of ${count} events ends its process on every attempt (${ATTEMPTS}); it is restarted each time`;
  const sibling = await system.work({ processor: 'sibling' });
  const fragile = await system.work({
    processor: 'fragile',
    poison: 'crash',
    attempts: ATTEMPTS,
    ackWait: 1_000,
    takes: 20,
  });
  let crashes = 0;
  let isOver = false;
  const keepUp = async () => {
    for (; !isOver; fragile.service.launch()) {
      await fragile.service.ended;
      if (isOver) return;
      crashes += 1;
    }
  };
  const keptUp = keepUp();
  await publishAll(
    system.client.connection,
    tasks(count, (number) => number === poison),
  );
  await system.untilDone(fragile, 90_000);
  await system.untilDone(sibling);
  isOver = true;
  await fragile.service.stop();
  await keptUp;

  const failures = await system.client.count(FAILURES_STREAM, 'failed.fragile.>');
  trial.expectEqual('failure events', failures, 1);
  trial.expectEqual('crashes', crashes, ATTEMPTS);
  trial.expectEqual(
    'other events done',
    new Set(fragile.handled.map(({ number }) => number)).size,
    count - 1,
  );
  trial.expectEqual('events done by the sibling', sibling.handled.length, count);
  trial.figure(
    `${crashes} crashes, ${failures} failure event, ${sibling.handled.length} of ${count} events done by the sibling, each once`,
  );
}
