import type { ChannelSelection, ReplayOptions, ReplayPlan, ReplayResult } from '@cascade/jetstream';
import { eventNameOf } from '../../text/event-name.js';
import type { Broker } from '../broker/broker.js';
import { UsageError } from '../errors.js';
import { selectionOf, type FailureOptions } from '../failures/selection.js';

export interface SourceOptions extends Omit<FailureOptions, 'state'> {
  channel?: string;
  asNew?: boolean;
}

export type Plan = Pick<ReplayPlan, 'total'> & Partial<ReplayPlan>;

/** The source of a replay: failures, or the events of a channel. */
export interface Source {
  /** True if repeating the call after an interruption replays only the rest. */
  readonly isResumable: boolean;
  /** Name of the processor that receives an as-new replay; undefined for any other replay. */
  readonly newFrom?: string;
  plan(broker: Broker, again: boolean): Promise<Plan>;
  replay(broker: Broker, options: ReplayOptions): Promise<ReplayResult>;
}

const REMEDY =
  'Choose failures with --failure, --processor, --event, --error, --since or --until, or choose all of them with --all.';

/**
 * Chooses the source of a replay.
 *
 * @throws UsageError if the options choose nothing, or contradict each other
 */
export function sourceOf(options: SourceOptions): Source {
  const { channel, asNew = false } = options;
  if (channel !== undefined) return channelSource(channelSelection(channel, options), asNew);
  if (asNew) {
    throw new UsageError(
      '--as-new needs --channel: a failed event has no next events that could be corrected.',
    );
  }
  const selection = selectionOf(options, REMEDY);
  return {
    isResumable: true,
    plan: (broker, again) => broker.replays.plan(selection, { again }),
    replay: (broker, replayOptions) => broker.replays.replayFailures(selection, replayOptions),
  };
}

function channelSelection(
  channel: string,
  { processor, failure, event, error, all, since, until }: SourceOptions,
): ChannelSelection {
  if (failure || event || error || all) {
    throw new UsageError(
      '--channel chooses events, not failures: leave out --failure, --event, --error and --all.',
    );
  }
  if (!processor) {
    throw new UsageError('--channel needs --processor: the processor that receives the events.');
  }
  return {
    processor,
    event: eventNameOf(channel),
    ...(since ? { since } : {}),
    ...(until ? { until } : {}),
  };
}

function channelSource(selection: ChannelSelection, asNew: boolean): Source {
  return {
    isResumable: false,
    ...(asNew ? { newFrom: selection.processor } : {}),
    plan: (broker) => broker.replays.planChannel(selection),
    replay: (broker, options) => broker.replays.replayChannel(selection, { ...options, asNew }),
  };
}
