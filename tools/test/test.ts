import type { Checkout } from '../checkout.js';
import { existingFiles, readChanges } from './changes.js';
import { TestChoiceError } from './errors.js';
import { findSpecs } from './find-specs.js';
import { runSteps } from './run-steps.js';
import { chosenSpecs, readChoice, STEPS, stepsFor, type Choice, type Step } from './steps.js';

/** The command takes arguments, which choose specs and are passed to Jest: `npm test -- libs/outbox`. */
export const takesArguments = true;

const say = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * Runs `npm test`. The steps run one after the other until a step fails. The last lines report the number of tests of all steps.
 */
export async function main({ root, args }: Checkout): Promise<number> {
  const choice = readChoice(args);
  const steps = await stepsOf(choice, root);
  return (await runSteps(steps, root, { keepGoing: choice.keepGoing, say })) ? 0 : 1;
}

async function stepsOf({ changed, forJest }: Choice, root: string): Promise<readonly Step[]> {
  if (!changed) return forJest.length === 0 ? STEPS : [chosenSpecs(forJest)];
  if (forJest.length > 0)
    throw new TestChoiceError(`--changed chooses the specs, so it does not go with ${forJest.join(' ')}`);
  const changes = await readChanges(root, changed.since);
  const { specs, all } = await findSpecs(root, changes);
  say(
    `Changed files since ${changes.since}: ${changes.files.length}. Spec files to run: ${specs.length} of ${all}.`,
  );
  return stepsFor(existingFiles(root, changes), specs);
}
