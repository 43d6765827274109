import { parseArgs } from 'node:util';
import type { Checkout } from '../../tools/checkout.js';
import { Child } from '../../tools/supervisor/process/child.js';
import { runScenarios } from './run-scenarios.js';
import { SCENARIOS } from './scenarios.js';
import { resultTable } from './result-table.js';
import { writeReliabilityPage } from './reliability-page.js';
import type { Scenario } from './scenario.js';

/** The command takes arguments, such as `npm run test:crash -- --only kill-broker --short`. */
export const takesArguments = true;

/** Number of concurrent scenarios in the short form. The scenarios mostly wait, for example for a redelivery. */
const SHORT_AT_ONCE = 5;

/**
 * Runs `npm run test:crash`. Resolves to the exit code, which is 2 after an unknown scenario name, 1 if a scenario failed, and
 * otherwise 0.
 */
export async function main({ root, args }: Checkout): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string', multiple: true }, short: { type: 'boolean', default: false } },
  });
  const scenarios = chosen(values.only, values.short);
  if (!scenarios) return 2;
  const seed = seedOf(process.env['SEED']);
  console.log(
    `Crash test, ${values.short ? 'short' : 'full'} form. SEED=${seed} repeats its kill times and orders.`,
  );
  endChildrenWith(process);

  const log = (line: string) => console.log(line);
  const atOnce = values.short ? SHORT_AT_ONCE : 1;
  const results = await runScenarios(scenarios, { seed, short: values.short, atOnce, log });
  console.log(`\n${resultTable(results)}\n`);
  if (!values.short && !values.only) await writeReliabilityPage(root, results, seed);
  const failed = results.filter(({ trial }) => !trial.ok).map(({ scenario }) => scenario.name);
  console.log(failed.length === 0 ? 'All scenarios hold.' : `Failed: ${failed.join(', ')}. SEED=${seed}`);
  return failed.length === 0 ? 0 : 1;
}

function chosen(names: readonly string[] | undefined, short: boolean): readonly Scenario[] | undefined {
  if (!names) return SCENARIOS.filter(({ onlyFull }) => !(short && onlyFull));
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length === 0) return SCENARIOS.filter(({ name }) => names.includes(name));
  const known = SCENARIOS.map(({ name }) => name).join(', ');
  console.error(`There is no scenario ${unknown.join(', ')}. There are ${known}.`);
  return undefined;
}

function seedOf(text: string | undefined): number {
  if (text === undefined) return Math.floor(Math.random() * 2 ** 31);
  if (!/^\d{1,10}$/.test(text)) throw new Error(`SEED must be a whole number, found ${JSON.stringify(text)}`);
  return Number(text);
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
