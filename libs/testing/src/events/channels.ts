import {
  channelOf,
  CloudEventHeader,
  classOf,
  EventFailed,
  EVENTS_STREAM,
  failureChannelOf,
  FAILURES_STREAM,
  newEventId,
  RETRIES_STREAM,
  typeOf,
  type EventClass,
} from '@cascade/jetstream';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { failureOf } from './failure.js';
import { goldenSamples } from './golden.js';
import { eventually, type EventuallyOptions } from '../eventually.js';
import { tableOf, storedEvents, type SeenEvent } from '../broker/stored-events.js';

type Limits = Pick<EventuallyOptions, 'timeout' | 'interval'>;

export interface WaitOptions extends Limits {
  /** Id of the event that caused the expected event. By default, any cause is accepted. */
  causedBy?: string;
}

/**
 * Test client that publishes events and waits for events on the channels of a broker. The streams must exist, so start a
 * processor first. The error of a failed wait lists the stored events.
 */
export class TestChannels {
  /** Places of the events that were published or awaited through this object (see {@link nothingMore}). */
  private readonly known = new Set<string>();
  /** Messages that were published on an event channel or as a retry since this object was connected. */
  private readonly heard: Msg[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
  ) {
    for (const subject of ['events.>', 'retry.*.sch.>']) {
      connection.subscribe(subject, { callback: (_error, message) => void this.heard.push(message) });
    }
  }

  static async connect(natsUrl: string): Promise<TestChannels> {
    const connection = await connect({ servers: natsUrl, name: 'test' });
    const channels = new TestChannels(connection, await jetstreamManager(connection));
    await connection.flush();
    return channels;
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /**
   * Publishes an event on its channel. If `id` is the id of an earlier event, the broker stores a duplicate, as after the
   * duplicate window. Every processor of the channel then gets the duplicate.
   *
   * @returns The id of the event.
   */
  async publish(event: object, id = newEventId()): Promise<string> {
    const { name, version } = classOf(event).event;
    return this.store(channelOf(name), JSON.stringify(event), { id, type: typeOf(name, version) });
  }

  /**
   * Publishes every golden sample of an event, in all its versions.
   *
   * @returns The ids of the events.
   * @throws Error if the event has no golden sample
   */
  async publishGolden(type: EventClass): Promise<string[]> {
    const samples = await goldenSamples(type);
    return Promise.all(
      samples.map((sample) =>
        this.store(channelOf(type.event.name), sample.text, { id: newEventId(), type: sample.type }),
      ),
    );
  }

  /** Publishes the failure event that a processor would publish for this event. The processor need not run. */
  async publishFailure(of: string, event: object, id = newEventId()): Promise<string> {
    const { name } = classOf(event).event;
    const { name: failed, version } = EventFailed.event;
    return this.store(failureChannelOf(of, name), JSON.stringify(failureOf(of, event)), {
      id,
      type: typeOf(failed, version),
    });
  }

  /** Publishes any text on any subject of a stream, even if the text breaks a contract. */
  async publishRaw(subject: string, text: string, id = newEventId()): Promise<string> {
    return this.store(subject, text, { id });
  }

  /** Waits until an event of this class is stored, and returns the first such event. */
  async published<Event extends object>(
    type: EventClass<Event>,
    options: WaitOptions = {},
  ): Promise<SeenEvent<Event>> {
    return this.waitFor<Event>(channelOf(type.event.name), `no ${type.event.name}`, options);
  }

  /** Waits until the processor `by` has given up on an event of this class, and returns the failure event. */
  async failed(type: EventClass, by: string, options: WaitOptions = {}): Promise<SeenEvent<EventFailed>> {
    return this.waitFor<EventFailed>(
      failureChannelOf(by, type.event.name),
      `${by} has not given up on any ${type.event.name}`,
      options,
    );
  }

  /** Waits until the processor `by` has scheduled a retry of the event with this id. */
  async retried(by: string, id: string, limits?: Limits): Promise<void> {
    await eventually(() => {
      const isRetry = ({ subject, headers }: Msg) =>
        subject.startsWith(`retry.${by}.`) && headers?.get(CloudEventHeader.id) === id;
      if (!this.heard.some(isRetry)) throw new Error(`${by} has scheduled no retry of ${id}`);
    }, limits);
  }

  /**
   * Returns every event of this class that was published since this object was connected, in order, with its id. Events that the
   * broker dropped as duplicates are included.
   */
  announced<Event extends object>(
    type: EventClass<Event>,
    { causedBy }: Pick<WaitOptions, 'causedBy'> = {},
  ): { id: string; data: Event }[] {
    const isAnnounced = ({ subject, headers }: Msg) =>
      subject === channelOf(type.event.name) &&
      (!causedBy || headers?.get(CloudEventHeader.causationId) === causedBy);
    return this.heard.filter(isAnnounced).map((message) => ({
      id: message.headers?.get(CloudEventHeader.id) ?? '',
      data: message.json<Event>(),
    }));
  }

  /** Waits until the processor `by` has settled all events of this class, including retries. */
  async consumed(type: EventClass, by: string, limits?: Limits): Promise<void> {
    const stream = type === EventFailed ? FAILURES_STREAM : EVENTS_STREAM;
    const settled = async () => {
      const [{ num_pending, num_ack_pending }, { state }] = await Promise.all([
        this.manager.consumers.info(stream, by),
        this.manager.streams.info(RETRIES_STREAM, { subjects_filter: `retry.${by}.>` }),
      ]);
      const retries = Object.keys(state.subjects ?? {}).length;
      if (num_pending + num_ack_pending + retries === 0) return;
      throw new Error(
        `${by} has not settled every ${type.event.name}: ${num_pending} wait, ${num_ack_pending} are in flight, ` +
          `${retries} wait for a retry`,
      );
    };
    const instead = async () => `Stored events:${tableOf(await storedEvents(this.connection))}`;
    await eventually(settled, { ...limits, instead });
  }

  /**
   * Checks that every stored event was published or awaited through this object. Wait for {@link consumed} first, because events
   * in flight may cause more events.
   *
   * @throws Error that lists the unexpected events
   */
  async nothingMore(): Promise<void> {
    const more = (await storedEvents(this.connection)).filter(({ place }) => !this.known.has(place));
    if (more.length > 0) throw new Error(`There are more events than expected:${tableOf(more)}`);
  }

  private async waitFor<Data>(
    subject: string,
    missing: string,
    { causedBy, ...limits }: WaitOptions,
  ): Promise<SeenEvent<Data>> {
    return eventually(async () => {
      const stored = await storedEvents(this.connection);
      const found = stored.find(
        (event) => event.subject === subject && (!causedBy || event.causationId === causedBy),
      );
      if (!found)
        throw new Error(
          `${missing}${causedBy ? ` after ${causedBy}` : ''}; stored events:${tableOf(stored)}`,
        );
      this.known.add(found.place);
      return found as SeenEvent<Data>;
    }, limits);
  }

  /** Stores a message without a message id, so that the broker drops no duplicate. */
  private async store(
    subject: string,
    body: string,
    { id, type }: { id: string; type?: string | undefined },
  ): Promise<string> {
    const cloudEvent = headers();
    cloudEvent.set(CloudEventHeader.id, id);
    if (type) cloudEvent.set(CloudEventHeader.type, type);
    const { stream, seq } = await jetstream(this.connection).publish(subject, body, { headers: cloudEvent });
    this.known.add(`${stream}-${seq}`);
    return id;
  }
}
