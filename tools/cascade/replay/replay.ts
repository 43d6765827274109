import type { ReplayOptions } from '@cascade/jetstream';
import { userInfo } from 'node:os';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { CommandError, UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { showProgress } from './progress.js';
import { planLines, resultLines } from './report.js';
import { takingOf, type Selected } from './taking.js';

export interface ReplayCommandOptions extends Selected {
  again?: boolean;
  dryRun?: boolean;
  rate: number;
  by?: string;
  reason?: string;
}

export async function run({ host, output, options }: Invocation<ReplayCommandOptions>): Promise<number> {
  const taking = takingOf(options);
  const { again = false, dryRun, rate, by = userInfo().username, reason } = options;
  if (!dryRun && !reason?.trim()) {
    throw new UsageError('A replay needs a reason, which is stored with it.', [
      "Add --reason '…', or --dry-run.",
    ]);
  }
  return withBroker(host, async (broker) => {
    if (dryRun) {
      const plan = await taking.plan(broker, again);
      refuseUnknown(options, plan);
      output.result(plan, () => planLines(plan, taking));
      return ExitCode.ok;
    }
    const stopping = new AbortController();
    const ignoreInterrupts = host.onInterrupt(() => stopping.abort());
    const asked: ReplayOptions = {
      by,
      reason: reason!,
      rate,
      again,
      signal: stopping.signal,
      onProgress: (progress) => showProgress(progress, output),
    };
    const result = await taking.replay(broker, asked).finally(ignoreInterrupts);
    output.progress('');
    refuseUnknown(options, result);
    output.result(result, () => resultLines(result, taking));
    return result.stopped ? ExitCode.failed : ExitCode.ok;
  });
}

/** There may be no failure of a kind, which is no fault; those that are named are expected to be there. */
function refuseUnknown({ failure }: Selected, { total }: { readonly total: number }): void {
  if (!failure || total > 0) return;
  throw new CommandError(`No such failure was found: ${failure.join(', ')}.`, [
    '`node cascade failures list` shows their ids.',
  ]);
}
