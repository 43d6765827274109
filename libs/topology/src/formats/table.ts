import type { EventVersion, Processor, Topology } from '../topology.js';
import { padded } from './padded.js';

const COLUMNS = ['app', 'processor', 'consumes', 'publishes', 'at once', 'attempts', 'next attempt after'];

/**
 * Returns a table with a line for each processor, and for each app that publishes initiating events. An app without processors
 * and initiating events has a line with only its name. The column widths depend on the content.
 */
export function formatTable(topology: Topology): string {
  const several = eventsOfSeveralVersions(topology);
  const events = (list: readonly EventVersion[]) => list.map((event) => nameOf(event, several)).join(', ');
  const rows = topology.apps.flatMap(({ name, publishes, processors }) => [
    ...(publishes.length > 0 ? [[name, '', '', events(publishes), '', '', '']] : []),
    ...topology.processors
      .filter((processor) => processor.app === name)
      .map((processor) => rowOf(processor, nameOf(processor.consumes, several), events(processor.publishes))),
    ...(publishes.length + processors.length === 0 ? [[name, '', '', '', '', '', '']] : []),
  ]);
  const lines = padded([COLUMNS, ...rows]).map((row) => row.join('  ').trimEnd());
  return `${lines.join('\n')}\n`;
}

function rowOf(processor: Processor, consumed: string, publishes: string): string[] {
  const { app, name, consumes, concurrency, attempts, delays } = processor;
  return [
    app,
    name,
    consumes.failuresOf === undefined ? consumed : `failures of ${consumes.failuresOf} on ${consumed}`,
    publishes,
    String(concurrency),
    String(attempts),
    delays.map(duration).join(', '),
  ];
}

/** Returns the name of an event, with its version if the event has several versions. */
function nameOf({ event, version }: EventVersion, several: ReadonlySet<string>): string {
  return several.has(event) ? `${event} v${version}` : event;
}

function eventsOfSeveralVersions({ contracts }: Topology): Set<string> {
  return new Set(contracts.filter(({ newest }) => !newest).map(({ event }) => event));
}

/** Formats a duration, such as `250 ms`, `7 s` or `5 min`. */
function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds} ms`;
  const seconds = Math.round(milliseconds / 100) / 10;
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 6) / 10} min`;
}
