import type { Size } from '../events.js';
import { installPeer } from '../peers/install.js';
import { withEnough, type Handling } from '../rig/measure-handling.js';
import { measureNestNats } from '../rig/measure-nest-nats.js';
import { measureProcessors, type ProcessorsOptions } from '../rig/measure-processors.js';
import { MEBIBYTE } from '../rig/units.js';
import type { Case, Round } from '../round.js';

type Measure = (size: Size, count: number, warmUp: number) => Promise<Handling>;

interface Hopper {
  readonly name: string;
  /**
   * Number of measured events in a full round and in a quick round. The numbers differ so that all contestants take about the
   * same time.
   */
  readonly counts: { readonly full: number; readonly quick: number };
  readonly measure: Measure;
  /**
   * Prepares the contestant. Resolves to the reason why the contestant cannot take part; undefined after a successful
   * preparation.
   */
  readonly prepare?: () => Promise<string | undefined>;
}

const HOPPERS: readonly Hopper[] = [
  {
    name: 'ours',
    counts: { full: 40_000, quick: 8_000 },
    measure: draining({ script: 'contestants/ours.ts' }),
  },
  {
    name: 'documented',
    counts: { full: 20_000, quick: 4_000 },
    measure: draining({ script: 'contestants/documented.ts' }),
  },
  {
    name: 'documented-sequential',
    counts: { full: 6_000, quick: 1_000 },
    measure: draining({ script: 'contestants/documented.ts', settings: { sequential: true } }),
  },
  {
    name: 'pipelined',
    counts: { full: 120_000, quick: 24_000 },
    measure: draining({ script: 'contestants/pipelined.ts' }),
  },
  {
    name: 'nestjs-plugins',
    counts: { full: 5_000, quick: 1_000 },
    measure: draining({ script: 'peers/nestjs-plugins/hop.mjs', durable: 'hop-events_user_signed-up' }),
    prepare: () => installPeer('nestjs-plugins'),
  },
  // Included only for reference, because Nest's transport does not store events.
  { name: 'nest-nats', counts: { full: 60_000, quick: 24_000 }, measure: measureNestNats },
];

/** Number of warm-up events per measured event. */
const WARM_UP = 0.3;

/** Measures the hop: consume `user.signed-up`, publish the next event, wait for the confirmation, and acknowledge. */
export const hop: Case = {
  name: 'hop',
  async run(round) {
    await compare(round, 'hop', 256, HOPPERS);
    const two = HOPPERS.filter(({ name }) => ['ours', 'documented'].includes(name));
    await compare(round, 'hop-4k', 4_096, round.scale(HOPPERS, two));
  },
};

async function compare(round: Round, name: string, size: Size, hoppers: readonly Hopper[]): Promise<void> {
  const { figures } = round;
  const rates = new Map<string, number>();
  for (const hopper of round.inTurn(hoppers)) {
    const reason = await hopper.prepare?.();
    if (reason !== undefined) {
      figures.absent.set(`${name}/${hopper.name}`, reason);
      round.log(`${name}: ${hopper.name} does not take part, because it ${reason}`);
      continue;
    }
    const count = round.scale(hopper.counts.full, hopper.counts.quick);
    const { rate, cpu, rss } = await withEnough(count, (enough) =>
      hopper.measure(size, enough, Math.round(enough * WARM_UP)),
    );
    round.log(`${name}: ${hopper.name} ${Math.round(rate)} events/s, ${cpu.toFixed(1)} µs each`);
    rates.set(hopper.name, rate);
    figures.add(`${name}/${hopper.name}/rate`, 'events/s', rate);
    figures.add(`${name}/${hopper.name}/cpu`, 'µs/event', cpu);
    figures.add(`${name}/${hopper.name}/rss`, 'MiB', rss / MEBIBYTE);
    if (hopper.name === 'ours') round.noteMemory(rss);
  }
  for (const { name: other } of hoppers) {
    if (other !== 'ours') figures.addRatio(`${name}/${other}`, rates.get('ours'), rates.get(other));
  }
  // Compares the rate of the cheapest possible hop with the rate of the documented loop. No other hop through the stream can
  // reach a higher ratio.
  figures.addRatio(`${name}/pipelined:documented`, rates.get('pipelined'), rates.get('documented'));
}

/** Returns a function that measures processors while they handle a stored backlog. */
function draining(processors: Pick<ProcessorsOptions, 'script' | 'settings' | 'durable'>): Measure {
  return (size, count, warmUp) => measureProcessors({ ...processors, size, count, warmUp });
}
