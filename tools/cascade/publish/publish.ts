import { channelOf, typeOf, type EventClass, type PublishedEvent } from '@cascade/jetstream';
import { text } from 'node:stream/consumers';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { ExitCode } from '../exit-code.js';
import { eventOf } from './event-of.js';
import { parseEvent } from './parse-event.js';

export interface PublishCommandOptions {
  id?: string;
  correlationId?: string;
}

export async function run({
  host,
  output,
  args,
  options,
}: Invocation<PublishCommandOptions>): Promise<number> {
  const [channel, json] = args as [string, string];
  const { contracts } = await readDeclared(host);
  const type = eventOf(channel, contracts);
  const event = await parseEvent(type, json === '-' ? await text(host.stdin) : json);
  const published = await withBroker(host, (broker) => broker.publisherOf([type]).publish(event, options));
  output.result({ ...published, ...describe(type) }, () => report(published, type, options));
  return ExitCode.ok;
}

function report(
  { id, correlationId, duplicate }: PublishedEvent,
  type: EventClass,
  options: PublishCommandOptions,
): string[] {
  // If the id was generated, a duplicate only means that the publisher itself resent the event.
  if (duplicate && options.id !== undefined)
    return [
      `Nothing was published: the broker already has an event with the id ${id}, and dropped this one.`,
    ];
  const { type: ceType, channel } = describe(type);
  return [
    `Published ${ceType} on ${channel}.`,
    `  id              ${id}`,
    `  correlation id  ${correlationId}`,
    `\`node cascade flow ${correlationId}\` shows what follows.`,
  ];
}

function describe({ event }: EventClass) {
  return { type: typeOf(event.name, event.version), channel: channelOf(event.name) };
}
