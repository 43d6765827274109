import { channelOf, EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';
import { FAILURE_EVENT } from '../event-version.js';
import type { App, Channel, Contract, Processor, Publisher } from '../topology.js';
import { byKey } from './sorting.js';

/**
 * Returns every channel of a contract, a declaration or a failure, including channels without publishers or consumers. The
 * transport's own channels are included only if they are consumed.
 */
export function describeChannels(
  apps: readonly App[],
  processors: readonly Processor[],
  contracts: readonly Contract[],
): Channel[] {
  const channels = new Map<string, Channel>();
  const channel = (kind: Channel['kind'], subject: string, event: string): Channel => {
    const known = channels.get(subject);
    if (known) return known;
    const stream = kind === 'event' ? EVENTS_STREAM : FAILURES_STREAM;
    const made: Channel = { subject, stream, kind, event, publishedBy: [], consumedBy: [] };
    channels.set(subject, made);
    return made;
  };
  const published = (event: string, by: Publisher) => {
    addPublisher(channel('event', channelOf(event), event), by);
  };

  for (const { channel: subject, event } of contracts.filter(({ origin }) => origin === 'contracts'))
    channel('event', subject, event);
  for (const { name, publishes } of apps) for (const { event } of publishes) published(event, { app: name });
  for (const processor of processors) {
    for (const { event } of processor.publishes) published(event, { processor: processor.name });
    const failed = processor.consumes.failuresOf ? FAILURE_EVENT : processor.consumes.event;
    addPublisher(channel('failure', processor.failureChannel, failed), { processor: processor.name });
  }
  for (const { name, consumes } of processors) {
    const kind = consumes.failuresOf === undefined ? 'event' : 'failure';
    channel(kind, consumes.channel, consumes.event).consumedBy.push(name);
  }
  for (const { channel: subject } of contracts.filter(({ origin }) => origin === 'transport')) {
    const consumed = channels.get(subject);
    if (consumed) addPublisher(consumed, { transport: true });
  }
  for (const { consumedBy } of channels.values()) consumedBy.sort();
  return [...channels.values()].sort(byKey('subject'));
}

/** Adds a publisher only once, even if two processors have the same name. A duplicate name is reported as a separate fault. */
function addPublisher({ publishedBy }: Channel, by: Publisher): void {
  const text = JSON.stringify(by);
  if (!publishedBy.some((known) => JSON.stringify(known) === text)) publishedBy.push(by);
  publishedBy.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
