import type { Figure } from './figures.js';

/** A limit for the median of a figure. Most figures with a limit are ratios, because machines differ. */
export interface Goal {
  readonly figure: string;
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export const GOALS: readonly Goal[] = [
  { figure: 'hop/documented', what: 'hop, ours : documented nats.js loop', atLeast: 3 },
  { figure: 'hop/pipelined', what: 'hop, ours : bare pipelined loop', atLeast: 0.7 },
  { figure: 'hop/nestjs-plugins', what: 'hop, ours : @nestjs-plugins transport', atLeast: 10 },
  { figure: 'publish/js.publish', what: 'publish, ours : `js.publish`', atLeast: 3 },
  { figure: 'signup/bare', what: 'signup requests/s, ours : bare Fastify + pg', atLeast: 0.6 },
  { figure: 'wait20/ideal', what: 'handler waiting 20 ms, concurrency 256 : ideal', atLeast: 0.8 },
  { figure: 'cost/1m:10k', what: 'CPU per event, backlog of one million : ten thousand', atMost: 1.1 },
  { figure: 'rss', what: 'memory of a processor at its peak', atMost: 200 },
];

export function isReached({ atLeast = -Infinity, atMost = Infinity }: Goal, { median }: Figure): boolean {
  return median >= atLeast && median <= atMost;
}
