import { Injectable, Logger } from '@nestjs/common';
import { JetStreamConnection } from '../client/connection.js';
import { newEventId, storedEventId } from '../wire/event-ids.js';
import { EventPublisher } from '../publish/event-publisher.js';
import { FailureReader, parsed } from '../failures/failure-reader.js';
import { FailureReplay, openIn } from './failure-replay.js';
import { lineOf } from '../logging/log-text.js';
import { ProcessorChannels } from './processor-channels.js';
import { publishReplay } from './replay-message.js';
import {
  assertTimes,
  rateOf,
  type ChannelReplayOptions,
  type ChannelSelection,
  type ReplayOptions,
  type ReplayPlan,
  type ReplayResult,
} from './replay-options.js';
import { ReplayRequested, type ReplaySelection } from '../events/replay-requested.js';
import { runReplay } from './replay-run.js';
import { lastSequence, readStream, type StreamSelection } from '../client/stream-reader.js';

/**
 * Delivers stored events once more, each to only one processor. Stored events are never deleted or changed. The state of a
 * failure event is stored separately.
 */
@Injectable()
export class Replays {
  private readonly logger = new Logger('replay');

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly publisher: EventPublisher,
    private readonly archive: FailureReader,
  ) {}

  /**
   * Returns a summary of the failures that {@link replayFailures} would select.
   *
   * @throws InvalidReplayError if a time of the selection is not valid
   */
  async plan(selection: ReplaySelection, options: Pick<ReplayOptions, 'again'> = {}): Promise<ReplayPlan> {
    assertTimes(selection);
    const isOpen = openIn(selection, options);
    const channels = await this.channels();
    const groups = new Map<string, ReplayPlan['groups'][number]>();
    let [total, skipped] = [0, 0];
    for await (const stored of this.archive.list(selection)) {
      const { failure, event } = stored;
      const { processor, error } = failure;
      total += 1;
      if (!isOpen(stored) || !channels.takesReplays(processor, event)) skipped += 1;
      const key = JSON.stringify([processor, event, error.name]);
      const group = groups.get(key) ?? { processor, event, error: error.name, count: 0 };
      groups.set(key, { ...group, count: group.count + 1 });
    }
    return { total, skipped, groups: [...groups.values()] };
  }

  /**
   * Returns the number of events that {@link replayChannel} would replay.
   *
   * @throws InvalidReplayError if a time is not valid, or if the processor does not consume the event
   */
  async planChannel(selection: ChannelSelection): Promise<{ total: number }> {
    return { total: await this.count(await this.channelSelection(selection)) };
  }

  /**
   * Replays failures to the processors that failed on them. If two replays select the same failure at the same time, only one
   * replay delivers it. An interrupted replay may be repeated. Within 10 minutes, the repetition delivers no failure twice.
   *
   * @throws InvalidReplayError if the rate or a time is not valid
   * @throws InvalidEventError if `by` or `reason` is empty or too long
   * @throws PublishTimeoutError or StreamReadError if the broker is unreachable for more than 10 s. Failures that were not
   * delivered stay open.
   */
  async replayFailures(selection: ReplaySelection, options: ReplayOptions): Promise<ReplayResult> {
    const rate = rateOf(options);
    const { total } = await this.plan(selection, options);
    const channels = await this.channels();
    const replayId = await this.audit('failures', selection, total, options);
    const isOpen = openIn(selection, options);
    const replay = new FailureReplay(await this.connection.get(), this.archive, replayId, isOpen);
    const unknown = new Set<string>();
    const run = { ...options, replayId, total, rate };
    const result = await runReplay(run, this.archive.list(selection), async (stored) => {
      const { failure, event } = stored;
      if (!isOpen(stored)) return false;
      if (channels.takesReplays(failure.processor, event)) return replay.replay(stored);
      unknown.add(`'${failure.processor}' of ${event}`);
      return false;
    });
    if (unknown.size > 0)
      this.logger.warn(
        `skipped failures of processors that no longer exist: ${lineOf([...unknown].join(', '))}`,
      );
    return result;
  }

  /**
   * Replays a time range of a channel to one processor, including events that the processor has already handled. Unless `asNew`
   * is set, the next events have their former ids, so that downstream processors can recognize duplicates.
   *
   * @throws InvalidReplayError if the rate or a time is not valid, or if the processor does not consume the event
   * @throws InvalidEventError if `by` or `reason` is empty or too long
   * @throws PublishTimeoutError or StreamReadError if the broker is unreachable for more than 10 s
   */
  async replayChannel(selection: ChannelSelection, options: ChannelReplayOptions): Promise<ReplayResult> {
    const rate = rateOf(options);
    const { processor, event } = selection;
    const channel = await this.channelSelection(selection);
    const { stream } = channel;
    const total = await this.count(channel);
    const replayId = await this.audit('channel', selection, total, options);
    const connection = await this.connection.get();
    const run = { ...options, replayId, total, rate };
    return runReplay(run, readStream(connection, channel), async (message) => {
      const { seq: sequence, subject, time: storedAt, data: body } = message;
      const whole = { subject, headers: parsed(() => Object.fromEntries(message.headers ?? [])), body };
      const original = { stream, sequence, eventId: storedEventId({ stream, sequence, storedAt }) };
      const asNew = options.asNew ? replayId : undefined;
      const replayed = { processor, event, whole, original, replayId, asNew };
      await publishReplay(connection, replayed, `replay.${replayId}.${stream}.${sequence}`);
      return true;
    });
  }

  private async audit(
    of: ReplayRequested['of'],
    selection: object,
    count: number,
    { by, reason, asNew }: ChannelReplayOptions,
  ): Promise<string> {
    const replayId = newEventId();
    const requestedAt = new Date().toISOString();
    const fields = { replayId, by, reason, of, selection, count, requestedAt };
    const requested = new ReplayRequested({ ...fields, ...(asNew ? { asNew } : {}) });
    await this.publisher.publish(requested, { id: replayId });
    return replayId;
  }

  /**
   * Selects the messages of the channel that are stored at present and lie in the time range. The processor gets later events
   * without a replay.
   */
  private async channelSelection(selection: ChannelSelection): Promise<StreamSelection> {
    assertTimes(selection);
    const { processor, event, since, until } = selection;
    const { stream, subject } = (await this.channels()).channelOf(processor, event);
    const upTo = await lastSequence(await this.connection.get(), stream);
    return { stream, subjects: [subject], since, until, upTo };
  }

  private async count(selection: StreamSelection): Promise<number> {
    let total = 0;
    for await (const _ of readStream(await this.connection.get(), selection)) total += 1;
    return total;
  }

  private async channels(): Promise<ProcessorChannels> {
    return ProcessorChannels.read(await this.connection.get());
  }
}
