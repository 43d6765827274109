import { performance } from 'node:perf_hooks';
import type { Scenario } from './scenario.js';
import { Trial } from './trial.js';

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly trial: Trial;
  readonly seconds: number;
}

export interface RunOptions {
  readonly seed: number;
  readonly short: boolean;
  /** Number of scenarios that run in parallel. */
  readonly atOnce: number;
  log(this: void, line: string): void;
}

/** Runs every scenario, even if another scenario fails. Resolves to the results in the order of `scenarios`. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  { atOnce, ...options }: RunOptions,
): Promise<ScenarioResult[]> {
  const results = new Map<Scenario, ScenarioResult>();
  const left = [...scenarios];
  const work = async () => {
    for (let scenario = left.shift(); scenario; scenario = left.shift()) {
      results.set(scenario, await runScenario(scenario, options));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return scenarios.map((scenario) => results.get(scenario)!);
}

async function runScenario(scenario: Scenario, options: Omit<RunOptions, 'atOnce'>): Promise<ScenarioResult> {
  const begun = performance.now();
  const trial = new Trial({ ...options, name: scenario.name });
  try {
    await scenario.run(trial);
  } catch (error) {
    trial.expectEqual('ran to its end', error instanceof Error ? error.stack : String(error), 'no error');
  } finally {
    await trial.cleanUp();
  }
  const seconds = (performance.now() - begun) / 1_000;
  for (const line of linesOf({ scenario, trial, seconds })) options.log(line);
  return { scenario, trial, seconds };
}

function linesOf({ scenario, trial, seconds }: ScenarioResult): string[] {
  const failed = trial.checks.filter(({ ok }) => !ok);
  return [
    `${scenario.name}: ${trial.ok ? 'ok' : 'FAILED'} after ${seconds.toFixed(0)} s: ${trial.done}: ${trial.figures.join(', ')}`,
    ...failed.map(
      ({ what, expected, seen }) => `${scenario.name}: ${what}: expected ${expected}, seen ${seen}`,
    ),
  ];
}
