import { FailureRemoval, FailuresRemoved, removedFailureOf } from '@cascade/jetstream';
import { type Broker, withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { collect, planRemoval, removalOf, type RemovalCommandOptions } from './choose-failures.js';
import { NOTHING, planLines, resultLines, showProgress } from './removal-report.js';

export async function run({ host, output, options }: Invocation<RemovalCommandOptions>): Promise<number> {
  const { selection, by, reason } = removalOf(options);
  const stopping = new AbortController();
  const ignoreInterrupts = host.onInterrupt(() => stopping.abort());
  return withBroker(host, async (broker) => {
    const removal = removalOn(broker);
    const plan = await planRemoval(removal, selection);
    if (options.dryRun) {
      output.result(plan, () => planLines(plan));
      return ExitCode.ok;
    }
    if (plan.total === 0) {
      output.result({ ...plan, removed: 0 }, () => [NOTHING]);
      return ExitCode.ok;
    }
    const failures = await collect(removal.select(selection), removedFailureOf);
    const onProgress = (progress: Parameters<typeof showProgress>[0]) => showProgress(progress, output);
    const result = await removal.remove(failures, selection, {
      by,
      reason,
      signal: stopping.signal,
      onProgress,
    });
    output.progress('');
    output.result(result, () => resultLines(result, plan.left));
    return result.stopped ? ExitCode.failed : ExitCode.ok;
  }).finally(ignoreInterrupts);
}

export function removalOn(broker: Broker): FailureRemoval {
  return new FailureRemoval(broker.connection, broker.publisherOf([FailuresRemoved]), broker.archive);
}
