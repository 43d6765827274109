import { performance } from 'node:perf_hooks';
import type { Checkout } from '../checkout.js';
import { add, NONE, renderCounts } from './counts.js';
import { runStep } from './run-step.js';
import { chosenSteps } from './steps.js';

/** They choose specs, and are handed to Jest: `npm test -- libs/outbox`. */
export const takesArguments = true;

/** `npm test`: every step in turn, up to the first that fails; the last line counts the tests of all. */
export async function main({ root, args }: Checkout): Promise<number> {
  const steps = chosenSteps(args);
  const lines: string[] = [];
  let counts = NONE;
  let ok = true;
  for (const step of steps) {
    if (!ok) {
      lines.push(`${step.name.padEnd(12)}  not run`);
      continue;
    }
    process.stdout.write(`\n── ${step.name}\n`);
    const started = performance.now();
    const result = await runStep(step, root);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    ok = result.ok;
    counts = add(counts, result.counts);
    const tests = step.isJest ? `  ${renderCounts(result.counts)}` : '';
    lines.push(`${step.name.padEnd(12)}  ${ok ? 'ok    ' : 'failed'}  ${seconds.padStart(6)} s${tests}`);
    process.stdout.write(`${lines.at(-1)}\n`);
  }
  process.stdout.write(`\n${lines.join('\n')}\n\n${renderCounts(counts)}\n`);
  return ok ? 0 : 1;
}
