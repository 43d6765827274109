import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '../../test/crash/system/service-process.js';
import { SERVICES, SignupSystem } from '../../test/crash/system/signup-system.js';
import type { Case } from '../round.js';

const POLL_MS = 5;

/** Measures the time from the start of a service's process until the service is ready. All migrations are already applied. */
export const start: Case = {
  name: 'start',
  async run(round) {
    const system = await SignupSystem.start(round);
    for (const name of round.inTurn(SERVICES)) {
      const service = system.service(name);
      await service.stop();
      const milliseconds = await timeToReady(service);
      round.log(`start: ${name} ${Math.round(milliseconds)} ms`);
      round.figures.add(`start/${name}`, 'ms', milliseconds);
    }
  },
};

async function timeToReady(service: ServiceProcess): Promise<number> {
  const begun = performance.now();
  service.launch();
  const isReady = () =>
    fetch(`${service.url}/health/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  while (!(await isReady())) {
    if (!service.isRunning) throw new Error(`${service.name} has ended:\n${service.lines.join('\n')}`);
    await sleep(POLL_MS);
  }
  return performance.now() - begun;
}
