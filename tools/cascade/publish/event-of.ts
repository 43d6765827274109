import type { EventClass } from '@cascade/jetstream';
import { suggestion } from '../../generator/choice/nearest.js';
import { UsageError } from '../errors.js';

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
  throw new UsageError(`No event is called ${JSON.stringify(name)}.`, [suggestion(name, names)]);
}
