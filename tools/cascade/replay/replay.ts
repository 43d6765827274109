import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { refuseUnknown } from '../failures/selection.js';
import { untilInterrupted } from '../host.js';
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
    const result = await untilInterrupted(host, (signal) =>
      source.replay(broker, {
        ...requester,
        rate,
        again,
        signal,
        onProgress: (progress) => output.progress(progressBar(progress)),
      }),
    );
    output.progress('');
    refuseUnknown(options, result.total);
    output.result(result, () => resultLines(result, source));
    return result.stopped ? ExitCode.failed : ExitCode.ok;
  });
}
