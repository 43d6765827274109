import { EVENTS_STREAM, FAILURES_STREAM } from '@app/jetstream';
import { DeliverPolicy, jetstream, type JsMsg } from '@nats-io/jetstream';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Host } from '../host.js';
import { parseChannel, type ChannelPattern } from '../text/channel.js';
import { seen, toLine } from './line.js';
import { merge } from './merge.js';

export interface TailOptions {
  since?: Date;
  count?: number;
}

const EVERYTHING: readonly ChannelPattern[] = [
  { stream: EVENTS_STREAM, subject: 'events.>' },
  { stream: FAILURES_STREAM, subject: 'failed.>' },
];

export async function run({ host, output, args, options }: Invocation<TailOptions>): Promise<number> {
  const channels = args[0] === undefined ? EVERYTHING : [parseChannel(args[0])];
  let left = options.count ?? Infinity;
  await withBroker(host, (broker) =>
    follow(broker, channels, options.since, host.onInterrupt, (message) => {
      output.line(output.isJson ? JSON.stringify(seen(message)) : toLine(seen(message), output));
      left -= 1;
      return left > 0;
    }),
  );
  return ExitCode.ok;
}

/** Hands over what is stored on the channels, until `onMessage` answers false or somebody interrupts. */
async function follow(
  { nats }: Broker,
  channels: readonly ChannelPattern[],
  since: Date | undefined,
  onInterrupt: Host['onInterrupt'],
  onMessage: (message: JsMsg) => boolean,
): Promise<void> {
  const sources = await Promise.all(channels.map((channel) => open(nats, channel, since)));
  const stop = () => sources.forEach(({ messages }) => messages.stop());
  const ignoreInterrupts = onInterrupt(stop);
  try {
    for await (const message of merge(sources)) if (!onMessage(message)) return;
  } finally {
    ignoreInterrupts();
    stop();
  }
}

async function open(nats: Broker['nats'], { stream, subject }: ChannelPattern, since: Date | undefined) {
  const consumer = await jetstream(nats).consumers.get(stream, {
    filter_subjects: [subject],
    ...(since ? { opt_start_time: since.toISOString() } : { deliver_policy: DeliverPolicy.New }),
  });
  const { num_pending: past } = await consumer.info();
  return { messages: await consumer.consume(), past };
}
