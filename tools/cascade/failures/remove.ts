import {
  FailureRemoval,
  FailuresRemoved,
  type RemovalOptions,
  type RemovalResult,
  type RemovalSelection,
} from '@cascade/jetstream';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import { withInterrupt } from '../host.js';
import { progressBar } from '../text/progress.js';
import { requesterOf, type RequesterOptions } from '../requester.js';
import { NOTHING, planLines } from './removal-report.js';
import { refuseUnknown, selectionOf, type FailureOptions } from './selection.js';

export interface RemoveOptions extends FailureOptions, RequesterOptions {}

export interface Removal {
  readonly broker: Broker;
  readonly removal: FailureRemoval;
  readonly selection: RemovalSelection;
  readonly options: RemovalOptions & { readonly signal: AbortSignal };
}

export interface Removed {
  readonly result: RemovalResult;
  /** Path of the archive; undefined if the failures were not archived. */
  readonly savedTo?: string;
  /** @param left number of failures that match the selection and remain stored */
  lines(left: number): string[];
}

const REMEDY =
  'Choose failures with --failure, --processor, --event, --error, --state, --since or --until, or choose all that need no action ' +
  'with --all.';

/** Runs `purge` or `archive`. Plans the removal, and calls `remove` unless the command is a dry run or nothing can be removed. */
export function removeFailures(
  { host, output, options }: Invocation<RemoveOptions>,
  remove: (removal: Removal) => Promise<Removed>,
): Promise<number> {
  const selection = selectionOf(options, REMEDY);
  const requester = requesterOf(options, 'removal');
  return withInterrupt(host, (signal) =>
    withBroker(host, async (broker) => {
      const publisher = broker.publisherOf([FailuresRemoved]);
      const removal = new FailureRemoval(broker.connection, publisher, broker.failures);
      const plan = await removal.plan(selection);
      refuseUnknown(options, plan.total + plan.left);
      if (options.dryRun) {
        output.result(plan, () => planLines(plan));
        return ExitCode.ok;
      }
      if (plan.total === 0) {
        output.result({ ...plan, removed: 0 }, () => [NOTHING]);
        return ExitCode.ok;
      }
      const onProgress: RemovalOptions['onProgress'] = ({ total, removed, skipped }) =>
        output.progress(progressBar({ total, done: removed, skipped }));
      const removed = await remove({
        broker,
        removal,
        selection,
        options: { ...requester, signal, onProgress },
      });
      output.progress('');
      const { result, savedTo } = removed;
      output.result({ ...result, savedTo }, () => removed.lines(plan.left));
      return result.stopped ? ExitCode.failed : ExitCode.ok;
    }),
  );
}
