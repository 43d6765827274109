import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { percentile } from '../../test/crash/statistics.js';
import { SignupSystem } from '../../test/crash/system/signup-system.js';
import { FlowWatch } from '../rig/flow-watch.js';
import { newSignup, postSignups } from '../rig/post-signups.js';
import type { Case, Round } from '../round.js';

const LOADS = [10, 50, 80];
const CONNECTIONS = 32;
const TICK_MS = 10;

/**
 * Measures the capacity of the whole system with PostgreSQL, in flows per second. Then measures the time from a 202 response
 * until both final events are published. The loads are percentages of the capacity.
 */
export const flow: Case = {
  name: 'flow',
  async run(round) {
    const system = await SignupSystem.start(round);
    const { url } = system.service('signup');
    const watch = await FlowWatch.start(system.client.connection);
    await capacityOf(url, watch, round.scale(500, 50));
    const capacity = await capacityOf(url, watch, round.scale(2_000, 200));
    round.log(`flow: capacity ${Math.round(capacity)} flows/s`);
    round.figures.add('flow/capacity', 'flows/s', capacity);
    for (const load of LOADS) await measure(round, url, watch, { load, rate: (capacity * load) / 100 });
  },
};

/** Measures the number of flows that are completed per second under full load. */
async function capacityOf(url: string, watch: FlowWatch, amount: number): Promise<number> {
  const before = watch.complete;
  const begun = performance.now();
  await postSignups(url, { connections: CONNECTIONS, amount });
  await watch.untilComplete(before + amount);
  return amount / ((performance.now() - begun) / 1_000);
}

async function measure(
  round: Round,
  url: string,
  watch: FlowWatch,
  { load, rate }: { load: number; rate: number },
): Promise<void> {
  const before = watch.complete;
  const accepted = await offer(url, rate, round.scale(5_000, 600));
  await watch.untilComplete(before + accepted.size);
  const latencies = [...accepted].map(([correlationId, at]) => watch.completedAt(correlationId) - at);
  const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
  round.log(`flow: at ${load} % p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  round.figures.add(`flow/${load}%/p50`, 'ms', p50);
  round.figures.add(`flow/${load}%/p99`, 'ms', p99);
}

/**
 * Posts `rate` signups per second for the given time, without waiting for earlier responses. After the last response, resolves to
 * the time of each response by correlation id.
 */
async function offer(url: string, rate: number, milliseconds: number): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true });
  const accepted = new Map<string, number>();
  const answers: Promise<void>[] = [];
  const begun = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = Math.min(performance.now() - begun, milliseconds);
      while (answers.length < (elapsed / 1_000) * rate) {
        answers.push(signUp(url, agent).then((answered) => void accepted.set(...answered)));
      }
      if (elapsed < milliseconds) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(answers);
  agent.destroy();
  return accepted;
}

function signUp(url: string, agent: Agent): Promise<[correlationId: string, at: number]> {
  const body = newSignup();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const posted = request(`${url}/signups`, { method: 'POST', agent, headers }, (response) => {
      const at = performance.now();
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('error', reject).once('end', () => {
        if (response.statusCode !== 202) return reject(new Error(`a signup was refused: ${text}`));
        resolve([(JSON.parse(text) as { correlationId: string }).correlationId, at]);
      });
    });
    posted.once('error', reject).end(body);
  });
}
