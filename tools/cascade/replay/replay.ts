import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { refuseUnknown } from '../failures/selection.js';
import { withInterrupt } from '../host.js';
import { requesterOf, type RequesterOptions } from '../requester.js';
import { progressBar } from '../text/progress.js';
import { planLines, resultLines } from './report.js';
import { sourceOf, type SourceOptions } from './source.js';

export interface ReplayCommandOptions extends SourceOptions, RequesterOptions {
  again?: boolean;
  rate: number;
}

export async function run({ host, output, options }: Invocation<ReplayCommandOptions>): Promise<number> {
  const source = sourceOf(options);
  const { again = false, dryRun, rate } = options;
  const requester = requesterOf(options, 'replay');
  return withBroker(host, async (broker) => {
    if (dryRun) {
      const plan = await source.plan(broker, again);
      refuseUnknown(options, plan.total);
      output.result(plan, () => planLines(plan, source));
      return ExitCode.ok;
    }
    const result = await withInterrupt(host, (signal) =>
      source.replay(broker, {
        ...requester,
        rate,
        again,
        signal,
        onProgress: ({ total, replayed, skipped }) =>
          output.progress(progressBar({ total, done: replayed, skipped })),
      }),
    );
    output.progress('');
    refuseUnknown(options, result.total);
    output.result(result, () => resultLines(result, source));
    return result.stopped ? ExitCode.failed : ExitCode.ok;
  });
}
