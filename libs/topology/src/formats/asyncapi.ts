import { ceTypeOf, FAILURE_EVENT } from '../event-version.js';
import type { Channel, Contract, EventVersion, Topology } from '../topology.js';
import { CLOUD_EVENTS_TRAIT, messageOf } from './asyncapi-messages.js';

export interface AsyncApiOptions {
  /**
   * One or more URLs, as in `NATS_URL`. The first URL is used, without credentials. Default: the embedded broker of `npm start`.
   */
  server?: string;
}

/** Returns an AsyncAPI 3.0 document of the whole system, with the operations of services and processors. */
export function formatAsyncApi(topology: Topology, options: AsyncApiOptions = {}): string {
  return `${JSON.stringify(asyncApi(topology, options), null, 2)}\n`;
}

function asyncApi(topology: Topology, { server = 'nats://127.0.0.1:4222' }: AsyncApiOptions): object {
  const { name, version, channels, contracts } = topology;
  const used = contracts.filter((contract) => channels.some((channel) => carries(channel, contract)));
  return {
    asyncapi: '3.0.0',
    info: {
      title: name,
      version,
      description:
        'Derived from the code. Events are CloudEvents 1.0 in binary mode over NATS JetStream. A processor gets every event of ' +
        'its channel at least once, through its own durable consumer.',
    },
    defaultContentType: 'application/json',
    servers: { nats: { host: new URL(server.split(',')[0]!).host, protocol: 'nats' } },
    channels: Object.fromEntries(channels.map((channel) => [channel.subject, channelOf(channel, used)])),
    operations: Object.fromEntries([...sendOperations(topology), ...receiveOperations(topology)]),
    components: {
      messages: Object.fromEntries(used.map((contract) => [ceTypeOf(contract), messageOf(contract)])),
      messageTraits: { cloudEvent: CLOUD_EVENTS_TRAIT },
    },
  };
}

function channelOf(channel: Channel, contracts: readonly Contract[]): object {
  const { subject, stream, kind, event } = channel;
  const carried = contracts.filter((contract) => carries(channel, contract));
  return {
    address: subject,
    title: kind === 'event' ? event : `Failures on ${event}`,
    servers: [{ $ref: '#/servers/nats' }],
    messages: Object.fromEntries(
      carried.map((contract) => [
        ceTypeOf(contract),
        { $ref: `#/components/messages/${ceTypeOf(contract)}` },
      ]),
    ),
    'x-stream': stream,
  };
}

function carries({ kind, event }: Channel, contract: Contract): boolean {
  return contract.event === (kind === 'failure' ? FAILURE_EVENT : event);
}

function sendOperations({ apps, processors, channels, contracts }: Topology): [string, object][] {
  const send = (by: string, app: string, event: EventVersion): [string, object] => [
    `${by}.sends.${ceTypeOf(event)}`,
    { action: 'send', ...operation(app, channelFor(channels, event.event), [event]) },
  ];
  const failures = contracts.filter(isFailureEvent);
  return [
    ...apps.flatMap(({ name, publishes }) => publishes.map((event) => send(`app.${name}`, name, event))),
    ...processors.flatMap(({ name, app, publishes }) => publishes.map((event) => send(name, app, event))),
    ...processors.map(({ name, app, failureChannel }): [string, object] => [
      `${name}.fails`,
      {
        action: 'send',
        summary: `${name} gave up on an event.`,
        ...operation(app, failureChannel, failures),
      },
    ]),
  ];
}

function receiveOperations({ processors, contracts }: Topology): [string, object][] {
  return processors.map((processor) => {
    const { name, app, handler, consumes, concurrency, attempts, delays, ackWait, consumers } = processor;
    const read =
      consumes.failuresOf === undefined
        ? readVersions(consumes, contracts)
        : contracts.filter(isFailureEvent);
    return [
      `${name}.receives`,
      {
        action: 'receive',
        summary: `${handler} in ${app}`,
        ...operation(app, consumes.channel, read),
        'x-processor': { name, concurrency, attempts, delays, ackWait, consumers },
      },
    ];
  });
}

/** Returns the consumed version, and the older versions that are upcast to the consumed version. */
function readVersions({ event, version }: EventVersion, contracts: readonly Contract[]): EventVersion[] {
  return contracts.filter((contract) => contract.event === event && contract.version <= version);
}

function isFailureEvent({ event }: Contract): boolean {
  return event === FAILURE_EVENT;
}

function channelFor(channels: readonly Channel[], event: string): string {
  return channels.find((channel) => channel.kind === 'event' && channel.event === event)!.subject;
}

function operation(app: string, subject: string, events: readonly EventVersion[]): object {
  const channel = `#/channels/${subject}`;
  return {
    channel: { $ref: channel },
    messages: events.map((event) => ({ $ref: `${channel}/messages/${ceTypeOf(event)}` })),
    tags: [{ name: app }],
  };
}
