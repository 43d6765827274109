import type { EventClass } from '@app/jetstream';
import { distance } from 'fastest-levenshtein';
import { UsageError } from '../errors.js';

/** Letters that a name may be away from the one that is meant. */
const NEAR = 4;

/**
 * The newest version of an event, by its name or channel.
 *
 * @throws UsageError naming the nearest that there is
 */
export function eventOf(channel: string, contracts: readonly EventClass[]): EventClass {
  const name = channel.replace(/^events\./, '');
  const versions = contracts.filter(({ event }) => event.name === name);
  const newest = versions.sort((a, b) => b.event.version - a.event.version)[0];
  if (newest) return newest;
  const names = [...new Set(contracts.map(({ event }) => event.name))].sort();
  const nearest = nearestOf(name, names);
  throw new UsageError(
    `No event is called ${JSON.stringify(name)}.`,
    nearest ? [`Did you mean ${nearest}?`] : [`There are ${names.join(', ')}.`],
  );
}

function nearestOf(name: string, names: readonly string[]): string | undefined {
  const [nearest] = [...names].sort((a, b) => distance(name, a) - distance(name, b));
  return nearest && distance(name, nearest) <= NEAR ? nearest : undefined;
}
