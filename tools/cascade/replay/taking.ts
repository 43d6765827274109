import {
  EVENTS_STREAM,
  replayChannelOf,
  type ChannelSelection,
  type ReplayOptions,
  type ReplayPlan,
  type ReplayResult,
  type ReplaySelection,
} from '@app/jetstream';
import type { Broker } from '../broker/broker.js';
import { CommandError, UsageError } from '../errors.js';

/** The options that say what is replayed. */
export interface Selected extends Pick<ReplaySelection, 'processor' | 'event' | 'error' | 'since' | 'until'> {
  failure?: string[];
  channel?: string;
  all?: boolean;
}

export type Plan = Pick<ReplayPlan, 'total'> & Partial<ReplayPlan>;

/** What a replay takes: failures, or events of a channel. */
export interface Taking {
  /** Asked for again after it was stopped, it takes what is left. */
  readonly goesOn: boolean;
  plan(broker: Broker, again: boolean): Promise<Plan>;
  replay(broker: Broker, options: ReplayOptions): Promise<ReplayResult>;
}

/** @throws UsageError where it is not said what to take, or in a way that contradicts itself */
export function takingOf(selected: Selected): Taking {
  return selected.channel === undefined ? failures(selected) : events(channelSelection(selected));
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

function events(selection: ChannelSelection): Taking {
  return {
    goesOn: false,
    async plan(broker) {
      await assertConsumes(broker, selection);
      return broker.replays.planChannel(selection);
    },
    async replay(broker, options) {
      await assertConsumes(broker, selection);
      return broker.replays.replayChannel(selection, options);
    },
  };
}

/** What is replayed to a processor that does not take it would lie in the stream and never be handled. */
async function assertConsumes({ manager }: Broker, { processor, event }: ChannelSelection): Promise<void> {
  const wanted = replayChannelOf(processor, event);
  const known: string[] = [];
  for await (const { config } of manager.consumers.list(EVENTS_STREAM)) {
    const subjects = config.filter_subjects ?? [config.filter_subject ?? ''];
    if (config.durable_name === processor && subjects.includes(wanted)) return;
    if (subjects.some((subject) => subject.startsWith('replay.') && subject.endsWith(`.${event}`))) {
      known.push(config.durable_name ?? '');
    }
  }
  throw new CommandError(`Processor ${processor} does not consume ${event}, so it cannot get its events.`, [
    known.length > 0 ? `These do: ${known.sort().join(', ')}.` : `No processor consumes ${event}.`,
  ]);
}
