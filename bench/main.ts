import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { Checkout } from '../tools/checkout.js';
import { Child } from '../tools/supervisor/process/child.js';
import { CASES } from './cases.js';
import { Figures } from './figures.js';
import { allTable, goalTable } from './figure-tables.js';
import { updatePerformancePage } from './performance-page.js';
import { Round, type Case } from './round.js';

/** The command takes arguments, such as `npm run bench -- --quick --only hop --json`. */
export const takesArguments = true;

const ROUNDS = 5;

/**
 * Runs `npm run bench`. Resolves to the exit code, which is 2 after an unknown case name, 1 if a case failed, and otherwise 0. A
 * figure that misses its goal does not count as a failure.
 */
export async function main({ root, args }: Checkout): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  const cases = chosen(values.only);
  if (!cases) return 2;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : ROUNDS));
  endChildrenWith(process);

  const begun = Date.now();
  const figures = new Figures();
  const failed = await runRounds(cases, { rounds, quick: values.quick, figures });
  const minutes = (Date.now() - begun) / 60_000;
  if (values.json) console.log(JSON.stringify({ figures: figures.all }));
  else console.log(`\n${goalTable(figures)}\n\n${allTable(figures)}`);
  if (values.page) await updatePerformancePage(root, figures, { rounds, minutes });
  if (failed.length > 0) log(`Failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * Runs all cases, even after a case has failed.
 *
 * @returns the names of the failed cases
 */
async function runRounds(
  cases: readonly Case[],
  { rounds, ...options }: { rounds: number; quick: boolean; figures: Figures },
): Promise<string[]> {
  const failed = new Set<string>();
  for (let number = 1; number <= rounds; number++) {
    log(`Round ${number} of ${rounds}`);
    const round = new Round({ ...options, number, log });
    for (const one of cases) {
      const begun = performance.now();
      try {
        await one.run(round);
      } catch (error) {
        failed.add(one.name);
        log(`${one.name}: ${error instanceof Error ? error.stack : String(error)}`);
      } finally {
        await round.cleanUp();
      }
      log(`${one.name}: ${Math.round((performance.now() - begun) / 1_000)} s`);
    }
    round.end();
  }
  return [...failed];
}

/** Writes progress to stderr, because stdout is for the result. */
function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

function chosen(names: readonly string[] | undefined): readonly Case[] | undefined {
  if (!names) return CASES;
  const unknown = names.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length === 0) return CASES.filter(({ name }) => names.includes(name));
  log(`Unknown case: ${unknown.join(', ')}. The cases are ${CASES.map(({ name }) => name).join(', ')}.`);
  return undefined;
}

/** Kills every `Child` when a signal ends this process. All other child processes end automatically with this process. */
function endChildrenWith(owner: NodeJS.Process): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    owner.once(signal, () => {
      Child.killAll();
      owner.exit(1);
    });
  }
}
