import type { Topology } from '@cascade/topology';
import type { ProcessorChoice } from '../../generator/choice/choice.js';
import { UsageError } from '../errors.js';
import { isTerminal, type Host } from '../host.js';

/** What can be said without being asked. */
export interface ChoiceOptions {
  name?: string | undefined;
  consumes?: string | undefined;
  failuresOf?: string | undefined;
  publishes?: string | undefined;
  app?: string | undefined;
  newEvent?: boolean | undefined;
}

/**
 * The processor that is wanted. On a terminal it is asked for what was not said.
 *
 * @param mayAsk Whether questions are allowed at all.
 * @returns undefined where the questions were broken off
 * @throws UsageError where something is missing that nobody can be asked for
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
    throw new UsageError('What does it consume? Say --consumes EVENT or --failures-of PROCESSOR.', [
      '`node cascade topology` shows which there are.',
    ]);
  }
  return withOwnApp({ name, consumes, publishes, app, newEvent });
}

/** An app of the processor's own is meant where the app goes by its name, as `nest generate --project` says it. */
function withOwnApp(choice: ProcessorChoice): ProcessorChoice {
  return choice.app === choice.name ? { ...choice, app: undefined } : choice;
}

function consumedOf({ consumes, failuresOf }: ChoiceOptions): ProcessorChoice['consumes'] | undefined {
  if (consumes !== undefined && failuresOf !== undefined) {
    throw new UsageError(
      '--consumes and --failures-of exclude each other: a processor gets one or the other.',
    );
  }
  if (consumes !== undefined) return { event: consumes };
  return failuresOf === undefined ? undefined : { failuresOf };
}
