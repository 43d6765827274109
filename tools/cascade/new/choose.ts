import type { Topology } from '@cascade/topology';
import type { ProcessorChoice } from '../../generator/choice/choice.js';
import { UsageError } from '../errors.js';
import { isTerminal, type Host } from '../host.js';

export interface ChoiceOptions {
  name?: string | undefined;
  consumes?: string | undefined;
  failuresOf?: string | undefined;
  publishes?: string | undefined;
  app?: string | undefined;
  newEvent?: boolean | undefined;
}

/**
 * Completes the choice of a processor. On a terminal, asks for missing options.
 *
 * @param mayAsk false to forbid questions
 * @returns undefined if the user cancelled the questions
 * @throws UsageError if an option is missing and no question is possible
 */
export async function choose(
  options: ChoiceOptions,
  mayAsk: boolean,
  topology: Topology,
  host: Host,
): Promise<ProcessorChoice | undefined> {
  const { name, publishes, app, newEvent } = options;
  const consumes = consumedOf(options);
  if (mayAsk && isTerminal(host)) {
    const { askFor } = await import('./questions.js');
    const choice = await askFor({ name, consumes, publishes, app, newEvent }, topology, host);
    return choice && withOwnApp(choice);
  }
  if (name === undefined) throw new UsageError('The processor needs a name: node cascade new processor NAME');
  if (!consumes) {
    throw new UsageError('The processor needs --consumes EVENT or --failures-of PROCESSOR.', [
      '`node cascade topology` shows the events and processors.',
    ]);
  }
  return withOwnApp({ name, consumes, publishes, app, newEvent });
}

/**
 * Removes the app from the choice if the app has the processor's name. With `nest generate --project`, this name requests a
 * separate app for the processor.
 */
function withOwnApp(choice: ProcessorChoice): ProcessorChoice {
  return choice.app === choice.name ? { ...choice, app: undefined } : choice;
}

function consumedOf({ consumes, failuresOf }: ChoiceOptions): ProcessorChoice['consumes'] | undefined {
  if (consumes !== undefined && failuresOf !== undefined) {
    throw new UsageError('--consumes and --failures-of exclude each other: leave out one.');
  }
  if (consumes !== undefined) return { event: consumes };
  return failuresOf === undefined ? undefined : { failuresOf };
}
