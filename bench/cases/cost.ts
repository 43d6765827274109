import { measureProcessors } from '../rig/measure-processors.js';
import type { Case } from '../round.js';

const BACKLOGS = [
  { name: '10k', events: 10_000 },
  { name: '100k', events: 100_000 },
  { name: '1m', events: 1_000_000 },
];
const ENDS = BACKLOGS.filter(({ name }) => name !== '100k');
/** Number of events that are handled before the measurement, in addition to the backlog. */
const WARM_UP = 10_000;
/** Number of measured events. The number is the same for each backlog, because a longer run would lower the cost per event. */
const MEASURED = 10_000;

/** Measures the CPU time of a processor per event, with backlogs of different sizes. */
export const cost: Case = {
  name: 'cost',
  async run(round) {
    const costs = new Map<string, number>();
    for (const { name, events } of round.inTurn(round.scale(BACKLOGS, ENDS))) {
      const { cpu, rss } = await measureProcessors({
        script: 'contestants/ours.ts',
        warmUp: WARM_UP,
        count: MEASURED,
        left: events - MEASURED,
      });
      round.noteMemory(rss);
      round.log(`cost: ${cpu.toFixed(1)} µs/event at a backlog of ${name}`);
      costs.set(name, cpu);
      round.figures.add(`cost/${name}`, 'µs/event', cpu);
    }
    round.figures.addRatio('cost/1m:10k', costs.get('1m'), costs.get('10k'));
  },
};
