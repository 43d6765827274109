import type { Size } from '../events.js';
import { installPeer } from '../peers/install.js';
import { withEnough, type Handling } from '../rig/measure-handling.js';
import { measureProcessors } from '../rig/measure-processors.js';
import { measureNestNats } from '../rig/nest-nats.js';
import { MEBIBYTE } from '../rig/units.js';
import type { Case, Round } from '../round.js';

interface Hopper {
  readonly name: string;
  readonly script: string;
  readonly settings?: object;
  readonly durable?: string;
  /** Events to measure: about as many as take the same time. */
  readonly counts: { readonly full: number; readonly quick: number };
  /** Makes it ready. Resolves to why it cannot take part. */
  readonly prepare?: () => Promise<string | undefined>;
  /** Only for reference. */
  readonly measure?: (round: Round, size: Size, count: number) => Promise<Handling>;
}

const HOPPERS: readonly Hopper[] = [
  {
    name: 'ours',
    script: 'contestants/ours.ts',
    counts: { full: 40_000, quick: 8_000 },
  },
  { name: 'documented', script: 'contestants/documented.ts', counts: { full: 20_000, quick: 4_000 } },
  {
    name: 'documented-sequential',
    script: 'contestants/documented.ts',
    settings: { sequential: true },
    counts: { full: 6_000, quick: 1_000 },
  },
  { name: 'pipelined', script: 'contestants/pipelined.ts', counts: { full: 120_000, quick: 24_000 } },
  {
    name: 'nestjs-plugins',
    script: 'peers/nestjs-plugins/hop.mjs',
    durable: 'hop-events_user_signed-up',
    counts: { full: 5_000, quick: 1_000 },
    prepare: () => installPeer('nestjs-plugins'),
  },
  {
    name: 'nest-nats',
    script: 'contestants/nest-nats.ts',
    counts: { full: 60_000, quick: 24_000 },
    measure: measureNestNats,
  },
];

/** Share of the events that only warm a process up. */
const WARM_UP = 0.3;

/** Consume `user.signed-up`, publish the next event, confirm, acknowledge. */
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
      round.log(`${name}: ${hopper.name} takes no part: it ${reason}`);
      continue;
    }
    const count = round.scale(hopper.counts.full, hopper.counts.quick);
    const measure = hopper.measure ?? measureHopper(hopper);
    const { rate, cpu, rss } = await withEnough(count, (enough) => measure(round, size, enough));
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
}

function measureHopper({ script, settings, durable = 'hop' }: Hopper) {
  return (_round: Round, size: Size, count: number): Promise<Handling> =>
    measureProcessors({ script, settings, durable, size, count, warmUp: count * WARM_UP });
}
