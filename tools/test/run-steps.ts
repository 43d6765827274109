import { performance } from 'node:perf_hooks';
import { add, NONE, renderCounts } from './counts.js';
import { runStep } from './run-step.js';
import type { Step } from './steps.js';

const NOT_RUN = 'not run';

export interface RunOptions {
  /** True to continue after a failed step. */
  readonly keepGoing: boolean;
  /** Receives a line of output. */
  say(this: void, line: string): void;
}

/**
 * Runs the steps one after the other, and shows a summary. Stops after the first failure unless `keepGoing` is set. Ctrl-C always
 * stops the run.
 *
 * @returns true if all steps passed
 */
export async function runSteps(
  steps: readonly Step[],
  root: string,
  { keepGoing, say }: RunOptions,
): Promise<boolean> {
  const lines: string[] = [];
  const remedies: string[] = [];
  let counts = NONE;
  let hasFailed = false;
  let end: 'by failure' | 'by interrupt' | undefined;
  for (const step of steps) {
    const name = step.name.padEnd(12);
    if (end) {
      lines.push(`${name}  ${NOT_RUN}`);
      continue;
    }
    say(`\n── ${step.name}`);
    const started = performance.now();
    const result = await runStep(step, root);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    counts = add(counts, result.counts);
    const tests = step.isJest ? `  ${renderCounts(result.counts)}` : '';
    lines.push(`${name}  ${result.ok ? 'ok    ' : 'failed'}  ${seconds.padStart(6)} s${tests}`);
    say(lines.at(-1)!);
    if (result.ok) continue;
    hasFailed = true;
    if (result.isInterrupted) end = 'by interrupt';
    else if (!keepGoing) end = 'by failure';
    if (step.remedy) remedies.push(`${step.name}: ${step.remedy}`);
  }
  say(['', ...lines, '', renderCounts(counts)].join('\n'));
  if (remedies.length > 0) say(remedies.join('\n'));
  if (end === 'by failure' && lines.at(-1)!.endsWith(NOT_RUN))
    say('`npm test -- --keep-going` runs the other steps too.');
  return !hasFailed;
}
