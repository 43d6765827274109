import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { padded } from '../formats/padded.js';
import type { TopologyFault } from './faults.js';

export const PROCESSORS_PAGE = 'docs/processors.md';
const UPDATE_COMMAND = 'node cascade topology --update-docs';
const HEADING = ['processor', 'app', 'consumes', 'publishes'];
/** Pattern of a Markdown table whose first column has the heading `processor`. */
const TABLE = /^\| *processor *\|.*\n\|[-: |]+\|\n((?:\|.*\n)*)/m;

/** Properties of a processor that the page shows. */
export interface ListedProcessor {
  readonly name: string;
  readonly app: string;
  readonly consumes: { readonly event: string; readonly failuresOf?: string | undefined };
  readonly publishes: readonly { readonly event: string }[];
}

interface Listing {
  readonly processors: readonly ListedProcessor[];
}

/** Returns the page of a checkout; undefined if the page does not exist. */
export async function readProcessorsPage(root: string): Promise<string | undefined> {
  return readFile(join(root, PROCESSORS_PAGE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * Writes the table of the processors into the page.
 *
 * @returns True if the page has changed.
 */
export async function updateProcessorsPage(root: string, topology: Listing): Promise<boolean> {
  const page = await readProcessorsPage(root);
  const updated = withProcessorsTable(page, topology);
  if (updated !== page) await writeFile(join(root, PROCESSORS_PAGE), updated);
  return updated !== page;
}

/**
 * Returns the page with a new table of these processors. The table replaces the old table, or is added at the end of the page. If
 * `page` is undefined, returns a new page.
 */
export function withProcessorsTable(page: string | undefined, { processors }: Listing): string {
  const table = tableOf(processors);
  if (page === undefined) return `# The processors\n\n${table}`;
  return TABLE.test(page) ? page.replace(TABLE, () => table) : `${page.trimEnd()}\n\n${table}`;
}

/** Returns a fault if the page has no table, or if the table differs from the code. Spaces around cells are ignored. */
export function processorsPageFaults(page: string | undefined, { processors }: Listing): TopologyFault[] {
  const rows = page === undefined ? undefined : TABLE.exec(page)?.[1];
  if (rows === undefined) return [fault('has no table of the processors')];
  const shown = byName(rows.split('\n').filter(Boolean).map(cellsIn));
  const differences = differencesOf(shown, byName(processors.map(cellsOf)));
  return differences.length > 0
    ? [fault(`does not show the processors of the code: ${differences.join('; ')}`)]
    : [];
}

function differencesOf(shown: ReadonlyMap<string, string>, declared: ReadonlyMap<string, string>): string[] {
  const names = [...declared.keys()];
  const differences = [
    ...names.filter((name) => !shown.has(name)).map((name) => `${name} is missing`),
    ...[...shown.keys()].filter((name) => !declared.has(name)).map((name) => `${name} is not in the code`),
    ...names
      .filter((name) => shown.has(name) && shown.get(name) !== declared.get(name))
      .map((name) => `${name} differs`),
  ];
  if (differences.length > 0 || names.join() === [...shown.keys()].join()) return differences;
  return ['its rows are not in the order of names'];
}

/** Returns the rows as text, by the name in the first cell. */
function byName(rows: readonly string[][]): Map<string, string> {
  return new Map(rows.map((cells) => [cells[0]!.replaceAll('`', ''), cells.join(' | ')]));
}

/** Returns one row of the table, without alignment. */
export function processorRow(processor: ListedProcessor): string {
  return lineOf(cellsOf(processor));
}

function fault(what: string): TopologyFault {
  return { rule: 'outdated-docs', message: `${PROCESSORS_PAGE} ${what}. Run: ${UPDATE_COMMAND}` };
}

/** Returns the table, aligned as Prettier aligns tables. */
function tableOf(processors: readonly ListedProcessor[]): string {
  const [heading, ...rows] = padded([HEADING, ...processors.map(cellsOf)]);
  const line = heading!.map((cell) => '-'.repeat(cell.length));
  return [heading!, line, ...rows].map(lineOf).join('');
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

function cellsOf({ name, app, consumes, publishes }: ListedProcessor): string[] {
  const failures = consumes.failuresOf === undefined ? '' : `failures of \`${consumes.failuresOf}\` on `;
  return [
    `\`${name}\``,
    `\`${app}\``,
    `${failures}\`${consumes.event}\``,
    publishes.map(({ event }) => `\`${event}\``).join(', '),
  ];
}

function cellsIn(row: string): string[] {
  return row
    .trim()
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
