import { Injectable } from '@nestjs/common';
import { JetStreamConnection } from './connection.js';
import { newEventId, storedEventId } from './event-ids.js';
import { EventPublisher } from './event-publisher.js';
import { FailureArchive, parsed } from './failure-archive.js';
import { FailureReplay, openIn } from './failure-replay.js';
import { channelOf, EVENTS_STREAM } from './names.js';
import { publishReplay } from './replay-message.js';
import type { ChannelSelection, ReplayOptions, ReplayPlan, ReplayResult } from './replay-options.js';
import { ReplayRequested, type ReplaySelection } from './replay-requested.js';
import { runReplay } from './replay-run.js';
import { readStream } from './stream-reader.js';

const DEFAULT_RATE = 100;

/**
 * Hands stored events to a processor again, and to that processor alone. Nothing is deleted or changed: a failure event gets
 * a state beside it.
 */
@Injectable()
export class Replays {
  constructor(
    private readonly connection: JetStreamConnection,
    private readonly publisher: EventPublisher,
    private readonly archive: FailureArchive,
  ) {}

  /**
   * A dry run: what {@link replayFailures} would take.
   */
  async plan(selection: ReplaySelection, options: Pick<ReplayOptions, 'again'> = {}): Promise<ReplayPlan> {
    const isOpen = openIn(selection, options);
    const groups = new Map<string, ReplayPlan['groups'][number]>();
    let [total, skipped] = [0, 0];
    for await (const stored of this.archive.list(selection)) {
      const { failure, event } = stored;
      const { processor, error } = failure;
      total += 1;
      if (!isOpen(stored)) skipped += 1;
      const key = JSON.stringify([processor, event, error.name]);
      const group = groups.get(key) ?? { processor, event, error: error.name, count: 0 };
      groups.set(key, { ...group, count: group.count + 1 });
    }
    return { total, skipped, groups: [...groups.values()] };
  }

  /**
   * A dry run: how many events {@link replayChannel} would take.
   */
  async planChannel(selection: ChannelSelection): Promise<{ total: number }> {
    let total = 0;
    for await (const _ of this.channel(selection)) total += 1;
    return { total };
  }

  /**
   * Replays failures to the processors that failed on them. Of two who replay the same failure at once, one does; one that was
   * interrupted may be asked for again, and hands within 10 minutes nothing over that it had handed over already.
   *
   * @throws InvalidEventError where `by` or `reason` is empty
   * @throws PublishTimeoutError where the broker goes away: what was not handed over yet is still open
   */
  async replayFailures(selection: ReplaySelection, options: ReplayOptions): Promise<ReplayResult> {
    const { rate = DEFAULT_RATE } = options;
    const { total } = await this.plan(selection, options);
    const replayId = await this.audit('failures', selection, total, options);
    const isOpen = openIn(selection, options);
    const replay = new FailureReplay(await this.connection.get(), this.archive, replayId, isOpen);
    const run = { ...options, replayId, total, rate };
    return runReplay(
      run,
      this.archive.list(selection),
      async (stored) => isOpen(stored) && replay.replay(stored),
    );
  }

  /**
   * Replays a time range of a channel to one processor, also events that it has handled before.
   *
   * @throws InvalidEventError where `by` or `reason` is empty
   * @throws PublishTimeoutError where the broker goes away
   */
  async replayChannel(selection: ChannelSelection, options: ReplayOptions): Promise<ReplayResult> {
    const { rate = DEFAULT_RATE } = options;
    const { processor, event } = selection;
    const { total } = await this.planChannel(selection);
    const replayId = await this.audit('channel', selection, total, options);
    const connection = await this.connection.get();
    const run = { ...options, replayId, total, rate };
    // What is published from now on goes to the processor anyway.
    const until = selection.until ?? new Date();
    return runReplay(run, this.channel({ ...selection, until }), async (message) => {
      const { seq: sequence, subject, time: storedAt, data: body } = message;
      const whole = { subject, headers: parsed(() => Object.fromEntries(message.headers ?? [])), body };
      const stream = EVENTS_STREAM;
      const original = { stream, sequence, eventId: storedEventId({ stream, sequence, storedAt }) };
      const replayed = { processor, event, whole, original, replayId };
      await publishReplay(connection, replayed, `replay.${replayId}.${stream}.${sequence}`);
      return true;
    });
  }

  private async audit(
    of: ReplayRequested['of'],
    selection: object,
    count: number,
    { by, reason }: ReplayOptions,
  ): Promise<string> {
    const replayId = newEventId();
    const requestedAt = new Date().toISOString();
    await this.publisher.publish(
      new ReplayRequested({ replayId, by, reason, of, selection, count, requestedAt }),
      { id: replayId },
    );
    return replayId;
  }

  private async *channel({ event, since, until }: Omit<ChannelSelection, 'processor'>) {
    const connection = await this.connection.get();
    yield* readStream(connection, { stream: EVENTS_STREAM, subjects: [channelOf(event)], since, until });
  }
}
