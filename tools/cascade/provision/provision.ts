import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { provisioningOf } from './provisioning.js';
import { applyLines, checkLines } from './report.js';

export interface ProvisionOptions {
  check?: boolean;
  lower?: boolean;
  move?: string[];
  dropWaiting?: boolean;
  /** Names that `--prune` lists; true if `--prune` is given without names. */
  prune?: true | string[];
}

export async function run({ host, output, options }: Invocation<ProvisionOptions>): Promise<number> {
  const { check, lower = false, move = [], dropWaiting = false, prune } = options;
  if (check && (lower || move.length > 0 || prune))
    throw new UsageError('--check changes nothing: leave out --lower, --move and --prune.');
  if (dropWaiting && move.length === 0)
    throw new UsageError('--drop-waiting needs --move: add --move PROCESSOR.');
  const declared = await readDeclared(host);
  return withBroker(host, async (broker) => {
    const provisioning = provisioningOf(broker, declared);
    if (check) {
      const differences = await provisioning.check();
      const retired = await provisioning.retired();
      output.result({ differences, retired }, () => checkLines({ differences, retired }, output));
      return differences.length > 0 ? ExitCode.failed : ExitCode.ok;
    }
    const { changed, left } = await provisioning.apply({ lower, move, dropWaiting });
    const pruned = prune ? await provisioning.prune(prune === true ? undefined : prune) : [];
    const retired = await provisioning.retired();
    const result = { changed, left, pruned, retired };
    output.result(result, () => applyLines(result, output));
    return left.length > 0 ? ExitCode.failed : ExitCode.ok;
  });
}
