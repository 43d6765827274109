import { jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { EVENTS_STREAM, FAILURES_STREAM, replayChannelOf } from '../wire/names.js';
import { readWithRetry } from '../client/read-with-retry.js';
import { InvalidReplayError } from './replay-options.js';

/** A channel, and the stream that keeps it. */
export interface StoredChannel {
  stream: string;
  subject: string;
}

/** Which processors there are, and what each reads: as their durables on the server say. */
export class ProcessorChannels {
  private constructor(private readonly channels: ReadonlyMap<string, readonly StoredChannel[]>) {}

  static async read(connection: NatsConnection): Promise<ProcessorChannels> {
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const channels = new Map<string, StoredChannel[]>();
    for (const stream of [EVENTS_STREAM, FAILURES_STREAM]) {
      for (const { config } of await readWithRetry(stream, () => everyConsumer(manager, stream))) {
        if (!config.durable_name) continue;
        const subjects = config.filter_subjects ?? [config.filter_subject ?? '>'];
        const known = channels.get(config.durable_name) ?? [];
        channels.set(config.durable_name, [...known, ...subjects.map((subject) => ({ stream, subject }))]);
      }
    }
    return new ProcessorChannels(channels);
  }

  /** True if a consumer reads what is replayed to this processor: its own, or that of the name that it has now. */
  takesReplays(processor: string, event: string): boolean {
    return [...this.channels.values()].some((channels) => readsReplays(channels, processor, event));
  }

  /**
   * The channel that a processor consumes.
   *
   * @throws InvalidReplayError where it does not consume `event`: what is replayed to it would never be handled
   */
  channelOf(processor: string, event: string): StoredChannel {
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

function readsReplays(channels: readonly StoredChannel[], processor: string, event: string): boolean {
  const replays = replayChannelOf(processor, event);
  return channels.some(({ subject }) => subject === replays);
}

async function everyConsumer({ consumers }: JetStreamManager, stream: string): Promise<ConsumerInfo[]> {
  const infos: ConsumerInfo[] = [];
  for await (const info of consumers.list(stream)) infos.push(info);
  return infos;
}
