import { EVENTS_STREAM, FAILURES_STREAM, readStream } from '@cascade/jetstream';
import { DeliverPolicy, jetstream, type JsMsg } from '@nats-io/jetstream';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Host } from '../host.js';
import { parseChannel, type ChannelPattern } from '../text/channel.js';
import { unknownChannel } from './known-channels.js';
import { seen, toLine } from './line.js';
import { merge, type Source } from './merge.js';

export interface TailOptions {
  since?: Date;
  count?: number;
  /** False for `--no-follow`. */
  follow: boolean;
}

const EVERYTHING: readonly ChannelPattern[] = [
  { stream: EVENTS_STREAM, subject: 'events.>' },
  { stream: FAILURES_STREAM, subject: 'failed.>' },
];

export async function run({ host, output, args, options }: Invocation<TailOptions>): Promise<number> {
  const named = args[0] === undefined ? undefined : parseChannel(args[0]);
  const channels = named ? [named] : EVERYTHING;
  let left = options.count ?? Infinity;
  return withBroker(host, async (broker) => {
    const unknown = named ? await unknownChannel(broker, host, named) : [];
    for (const line of unknown) output.note(line);
    if (unknown.length > 0) {
      if (!options.follow) return ExitCode.failed;
      output.note('Waiting for the first event on it. Ctrl-C ends the command.');
    }
    const open = options.follow ? openEndless : openStored;
    const sources = await Promise.all(channels.map((channel) => open(broker, channel, options.since)));
    await forward(sources, host.onInterrupt, (message) => {
      output.line(output.isJson ? JSON.stringify(seen(message)) : toLine(seen(message), output));
      left -= 1;
      return left > 0;
    });
    return ExitCode.ok;
  });
}

interface OpenSource extends Source<JsMsg> {
  stop(this: void): void;
}

/**
 * Passes the messages of all sources to `onMessage`. Ends when `onMessage` returns false, the user interrupts, or all sources
 * have ended.
 */
async function forward(
  sources: readonly OpenSource[],
  onInterrupt: Host['onInterrupt'],
  onMessage: (message: JsMsg) => boolean,
): Promise<void> {
  const stop = () => sources.forEach((source) => source.stop());
  const ignoreInterrupts = onInterrupt(stop);
  try {
    for await (const message of merge(sources)) if (!onMessage(message)) return;
  } finally {
    ignoreInterrupts();
    stop();
  }
}

/**
 * Opens an endless source of new messages. If `since` is set, the source begins with the messages that were stored since then.
 */
async function openEndless(
  { nats }: Broker,
  { stream, subject }: ChannelPattern,
  since: Date | undefined,
): Promise<OpenSource> {
  const consumer = await jetstream(nats).consumers.get(stream, {
    filter_subjects: [subject],
    ...(since ? { opt_start_time: since.toISOString() } : { deliver_policy: DeliverPolicy.New }),
  });
  const { num_pending: past } = await consumer.info();
  const messages = await consumer.consume();
  return { messages, past, stop: () => messages.stop() };
}

/** Opens a source of stored messages: all messages, or the messages since a time. */
async function openStored(
  { nats }: Broker,
  { stream, subject }: ChannelPattern,
  since: Date | undefined,
): Promise<OpenSource> {
  const messages = readStream(nats, { stream, subjects: [subject], since });
  return { messages, past: Infinity, stop: () => void messages.return(undefined) };
}
