import type {
  ChannelSelection,
  ReplayOptions,
  ReplayPlan,
  ReplayResult,
  ReplaySelection,
} from '@cascade/jetstream';
import type { Broker } from '../broker/broker.js';
import { UsageError } from '../errors.js';

/** The options that say what is replayed. */
export interface Selected extends Pick<ReplaySelection, 'processor' | 'event' | 'error' | 'since' | 'until'> {
  failure?: string[];
  channel?: string;
  asNew?: boolean;
  all?: boolean;
}

export type Plan = Pick<ReplayPlan, 'total'> & Partial<ReplayPlan>;

/** What a replay takes: failures, or events of a channel. */
export interface Taking {
  /** Asked for again after it was stopped, it takes what is left. */
  readonly goesOn: boolean;
  /** The processor whose events will be new to those downstream. */
  readonly newFrom?: string;
  plan(broker: Broker, again: boolean): Promise<Plan>;
  replay(broker: Broker, options: ReplayOptions): Promise<ReplayResult>;
}

/** @throws UsageError where it is not said what to take, or in a way that contradicts itself */
export function takingOf(selected: Selected): Taking {
  if (selected.channel !== undefined) return events(channelSelection(selected), selected.asNew === true);
  if (selected.asNew) {
    throw new UsageError(
      '--as-new needs --channel: a failure has published nothing that could be corrected.',
    );
  }
  return failures(selected);
}

function failures({ failure, processor, event, error, since, until, all }: Selected): Taking {
  const given = { failureIds: failure, processor, event, error, since, until };
  const selection: ReplaySelection = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (all !== true && Object.keys(selection).length === 0) {
    throw new UsageError('It is not said what to replay.', [
      'Choose failures with --failure, --processor, --event, --error, --since or --until, or take all of them with --all.',
    ]);
  }
  return {
    goesOn: true,
    plan: (broker, again) => broker.replays.plan(selection, { again }),
    replay: (broker, options) => broker.replays.replayFailures(selection, options),
  };
}

function channelSelection({
  channel,
  processor,
  failure,
  event,
  error,
  all,
  since,
  until,
}: Selected): ChannelSelection {
  if (failure || event || error || all) {
    throw new UsageError(
      '--channel takes events, not failures: leave out --failure, --event, --error and --all.',
    );
  }
  if (!processor) {
    throw new UsageError('--channel needs --processor: the one that gets the events.');
  }
  const name = channel!.replace(/^events\./, '');
  return { processor, event: name, ...(since ? { since } : {}), ...(until ? { until } : {}) };
}

function events(selection: ChannelSelection, asNew: boolean): Taking {
  return {
    goesOn: false,
    ...(asNew ? { newFrom: selection.processor } : {}),
    plan: (broker) => broker.replays.planChannel(selection),
    replay: (broker, options) => broker.replays.replayChannel(selection, { ...options, asNew }),
  };
}
