import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { durablesOf } from '../client/durables-of.js';
import { readWithRetry } from '../client/read-with-retry.js';
import type { Channel } from '../declare/processor-options.js';
import { EVENTS_STREAM, FAILURES_STREAM, replayChannelOf } from '../wire/names.js';
import { InvalidReplayError } from './replay-options.js';

/** Channels that each processor reads, according to the durables on the server. */
export class ProcessorChannels {
  private constructor(private readonly channels: ReadonlyMap<string, readonly Channel[]>) {}

  static async read(connection: NatsConnection): Promise<ProcessorChannels> {
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const channels = new Map<string, Channel[]>();
    for (const stream of [EVENTS_STREAM, FAILURES_STREAM]) {
      for (const { name, config } of await readWithRetry(stream, () => durablesOf(manager, stream))) {
        const subjects = config.filter_subjects ?? [config.filter_subject ?? '>'];
        const known = channels.get(name) ?? [];
        channels.set(name, [...known, ...subjects.map((subject) => ({ stream, subject }))]);
      }
    }
    return new ProcessorChannels(channels);
  }

  /** Returns true if a consumer reads replays to this processor. After a rename, the consumer has the new name. */
  takesReplays(processor: string, event: string): boolean {
    return [...this.channels.values()].some((channels) => readsReplays(channels, processor, event));
  }

  /**
   * Returns the channel that a processor consumes.
   *
   * @throws InvalidReplayError if the processor does not consume `event`, and would therefore never handle a replay of the event
   */
  channelOf(processor: string, event: string): Channel {
    const channels = this.channels.get(processor) ?? [];
    const channel = channels.find(({ subject }) => !subject.startsWith('replay.'));
    if (channel && readsReplays(channels, processor, event)) return channel;
    const others = [...this.channels]
      .filter(([name, known]) => readsReplays(known, name, event))
      .map(([name]) => name)
      .sort();
    throw new InvalidReplayError(
      `Processor '${processor}' does not consume ${event}. ` +
        (others.length > 0 ? `These do: ${others.join(', ')}.` : 'No processor does.'),
    );
  }
}

function readsReplays(channels: readonly Channel[], processor: string, event: string): boolean {
  const replays = replayChannelOf(processor, event);
  return channels.some(({ subject }) => subject === replays);
}
