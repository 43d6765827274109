import type { Published } from '../contestants/measure-publishing.js';
import { Arena } from '../rig/arena.js';
import { Contestant } from '../rig/contestant.js';
import type { Case } from '../round.js';

/** Number of publishes in flight. */
const WINDOW = 1_000;

const PUBLISHERS = [
  { name: 'ours', script: 'contestants/publish-ours.ts', settings: {} },
  { name: 'js.publish', script: 'contestants/publish-js.ts', settings: {} },
  {
    name: 'js.publish-noAsyncTraces',
    script: 'contestants/publish-js.ts',
    settings: { noAsyncTraces: true },
  },
];

/**
 * Measures how many events of 256 bytes are published and confirmed per second. Cascade's publisher also checks the contract and
 * adds CloudEvents headers.
 */
export const publish: Case = {
  name: 'publish',
  async run(round) {
    const count = round.scale(150_000, 10_000);
    const rates = new Map<string, number>();
    for (const { name, script, settings } of round.inTurn(PUBLISHERS)) {
      const { rate, cpu } = await measure(script, { ...settings, count, window: WINDOW });
      round.log(`publish: ${name} ${Math.round(rate)} events/s, ${cpu.toFixed(1)} µs each`);
      rates.set(name, rate);
      round.figures.add(`publish/${name}/rate`, 'events/s', rate);
      round.figures.add(`publish/${name}/cpu`, 'µs/event', cpu);
    }
    for (const { name } of PUBLISHERS.slice(1))
      round.figures.addRatio(`publish/${name}`, rates.get('ours'), rates.get(name));
  },
};

async function measure(script: string, settings: object): Promise<Published> {
  const arena = await Arena.open();
  const contestant = new Contestant({ script, natsUrl: arena.broker.url, settings });
  try {
    return await contestant.message(isPublished);
  } finally {
    await contestant.stop();
    await arena.close();
  }
}

function isPublished(message: unknown): message is Published {
  return typeof message === 'object' && message !== null && 'rate' in message;
}
