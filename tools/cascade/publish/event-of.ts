import type { EventClass } from '@cascade/jetstream';
import { suggestion } from '../../text/nearest.js';
import { eventNameOf } from '../../text/event-name.js';
import { UsageError } from '../errors.js';

/**
 * Finds the newest version of an event by its name or channel.
 *
 * @throws UsageError if the event is unknown; the message suggests the most similar name
 */
export function eventOf(channel: string, contracts: readonly EventClass[]): EventClass {
  const name = eventNameOf(channel);
  const versions = contracts.filter(({ event }) => event.name === name);
  const newest = versions.sort((a, b) => b.event.version - a.event.version)[0];
  if (newest) return newest;
  const names = [...new Set(contracts.map(({ event }) => event.name))].sort();
  throw new UsageError(`No event is called ${JSON.stringify(name)}.`, [suggestion(name, names)]);
}
