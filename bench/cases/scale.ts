import { withEnough } from '../rig/measure-handling.js';
import { measureProcessors } from '../rig/measure-processors.js';
import type { Case } from '../round.js';

const SCRIPT = 'contestants/ours.ts';
const REPLICAS = [1, 2, 4];

/** Measures the hop with several replicas of the processor, which share one consumer. */
export const scale: Case = {
  name: 'scale',
  async run(round) {
    for (const replicas of round.inTurn(round.scale(REPLICAS, [1, 2]))) {
      const count = round.scale(40_000, 6_000);
      // The warm-up has enough events for all replicas.
      const warmUp = round.scale(20_000, 4_000) * replicas;
      const { rate, rss } = await withEnough(count, (enough) =>
        measureProcessors({ script: SCRIPT, warmUp, count: enough, replicas }),
      );
      round.noteMemory(rss);
      round.log(`scale: ${replicas} replicas ${Math.round(rate)} events/s`);
      round.figures.add(`scale/${replicas}`, 'events/s', rate);
    }
  },
};

const CONCURRENCY = 256;
const TAKES_MS = 20;

/** Measures the hop with a handler that waits. The processor must hide the wait by handling events concurrently. */
export const wait20: Case = {
  name: 'wait20',
  async run(round) {
    const { rate, cpu, rss } = await measureProcessors({
      script: SCRIPT,
      settings: { concurrency: CONCURRENCY, takes: TAKES_MS },
      warmUp: round.scale(10_000, 4_000),
      count: round.scale(40_000, 8_000),
    });
    round.noteMemory(rss);
    round.log(`wait20: ${Math.round(rate)} events/s, ${cpu.toFixed(1)} µs each`);
    round.figures.add('wait20/rate', 'events/s', rate);
    round.figures.addRatio('wait20/ideal', rate, CONCURRENCY / (TAKES_MS / 1_000));
  },
};
