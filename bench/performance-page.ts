import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format } from 'prettier';
import { describeMachine } from '../test/crash/machine.js';
import { allTable, goalTable } from './figure-tables.js';
import type { Figures } from './figures.js';

export interface Run {
  readonly rounds: number;
  readonly minutes: number;
}

/** Writes the figures of a run into the marked parts of `docs/performance.md`. */
export async function updatePerformancePage(root: string, figures: Figures, run: Run): Promise<void> {
  const file = join(root, 'docs', 'performance.md');
  const parts = { goals: goalTable(figures), figures: allTable(figures), run: await describe(run) };
  let page = await readFile(file, 'utf8');
  for (const [name, content] of Object.entries(parts)) page = withPart(page, name, content);
  await writeFile(file, await format(page, { parser: 'markdown', printWidth: 110 }));
}

/**
 * Replaces the text between `<!-- name -->` and `<!-- end of name -->`.
 *
 * @throws Error if the page does not contain these markers
 */
export function withPart(page: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(start) + start.length, page.indexOf(end)];
  if (from < start.length || to < from) {
    throw new Error(`docs/performance.md has no part from ${start} to ${end}: add these lines.`);
  }
  return `${page.slice(0, from)}\n\n${content}\n\n${page.slice(to)}`;
}

async function describe({ rounds, minutes }: Run): Promise<string> {
  const run = `${new Date().toISOString().slice(0, 10)}, \`npm run bench -- --page\`, ${rounds} rounds, ${Math.round(minutes)} minutes`;
  return [run, ...(await describeMachine())].map((part) => `- ${part}`).join('\n');
}
