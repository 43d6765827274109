import type { Checkout } from '../checkout.js';
import { runSteps } from './run-steps.js';
import { chosenSteps } from './steps.js';

/** Arguments choose specs, and are passed to Jest: `npm test -- libs/outbox`. */
export const takesArguments = true;

/** `npm test`: runs all steps up to the first failure, and counts their tests. */
export async function main({ root, args }: Checkout): Promise<number> {
  const { steps, keepGoing } = chosenSteps(args);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  return (await runSteps(steps, root, { keepGoing, say })) ? 0 : 1;
}
