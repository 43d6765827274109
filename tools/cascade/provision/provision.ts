import { Provisioning, type ConsumerPlace, type ProvisionDifference } from '@app/jetstream';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';

export interface ProvisionOptions {
  check?: boolean;
}

export async function run({ host, output, options }: Invocation<ProvisionOptions>): Promise<number> {
  const declared = await readDeclared(host);
  const processors = declared.processors.map(({ declaration }) => declaration);
  return withBroker(host, async ({ connection }) => {
    const provisioning = new Provisioning(connection, processors, declared.settings);
    if (options.check) {
      const differences = await provisioning.check();
      const undeclared = await provisioning.undeclared();
      output.result({ differences, undeclared }, () => checkLines(differences, undeclared, output));
      return differences.length > 0 ? ExitCode.failed : ExitCode.ok;
    }
    const changed = await provisioning.apply();
    const undeclared = await provisioning.undeclared();
    output.result({ changed, undeclared }, () => applyLines(changed, undeclared, output));
    return ExitCode.ok;
  });
}

function checkLines(
  differences: readonly ProvisionDifference[],
  undeclared: readonly ConsumerPlace[],
  output: Output,
): string[] {
  if (differences.length === 0)
    return ['Streams and consumers are as declared.', ...undeclaredLines(undeclared)];
  return [
    ...differences.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'is missing' : 'differs', output),
    ),
    ...undeclaredLines(undeclared),
    '',
    `${counted(differences.length, 'difference')}; \`node cascade provision\` creates and updates.`,
  ];
}

function applyLines(
  changed: readonly ProvisionDifference[],
  undeclared: readonly ConsumerPlace[],
  output: Output,
): string[] {
  if (changed.length === 0)
    return ['Streams and consumers were as declared already.', ...undeclaredLines(undeclared)];
  return [
    ...changed.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'created' : 'updated', output),
    ),
    ...undeclaredLines(undeclared),
  ];
}

function differenceLines({ what, settings }: ProvisionDifference, verb: string, output: Output): string[] {
  return [
    output.paint('yellow', `${what}  ${verb}`),
    ...settings.map(
      ({ name, wanted, found }) =>
        `  ${name}: declared ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`,
    ),
  ];
}

function undeclaredLines(undeclared: readonly ConsumerPlace[]): string[] {
  return undeclared.map(
    ({ stream, durable }) =>
      `consumer ${durable} on stream ${stream}  belongs to no declared processor, and is left as it is`,
  );
}
