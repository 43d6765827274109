import type { Checkout } from '../checkout.js';
import { runSteps } from './run-steps.js';
import { chosenSteps } from './steps.js';

/** They choose specs, and are handed to Jest: `npm test -- libs/outbox`. */
export const takesArguments = true;

/** `npm test`: every step in turn, up to the first that fails; the last lines count the tests of all. */
export async function main({ root, args }: Checkout): Promise<number> {
  const { steps, keepGoing } = chosenSteps(args);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  return (await runSteps(steps, root, { keepGoing, say })) ? 0 : 1;
}
