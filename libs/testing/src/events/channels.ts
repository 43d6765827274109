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
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { failureOf } from './failure.js';
import { goldenSamples } from './golden.js';
import { eventually, type EventuallyOptions } from '../eventually.js';
import { tableOf, storedEvents, type SeenEvent } from '../broker/stored-events.js';

type Limits = Pick<EventuallyOptions, 'timeout' | 'interval'>;

export interface WaitOptions extends Limits {
  /** Id of the event that led to it. Default any. */
  causedBy?: string;
}

/**
 * The channels of a broker, as a neighbour of the processors under test uses them: publishes, and waits for what is stored.
 * The streams must be there: start a processor first. A wait that fails tells what was stored instead.
 */
export class TestChannels {
  /** Places of events that were published here, or waited for: see {@link nothingMore}. */
  private readonly known = new Set<string>();

  private constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
  ) {}

  static async connect(natsUrl: string): Promise<TestChannels> {
    const connection = await connect({ servers: natsUrl, name: 'test' });
    return new TestChannels(connection, await jetstreamManager(connection));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  /**
   * Publishes an event on its channel. With the id of an earlier one it is stored a second time, as by a publisher whom the
   * broker's memory of ids does not help any more: every processor gets a duplicate.
   *
   * @returns its id
   */
  async publish(event: object, id = newEventId()): Promise<string> {
    const { name, version } = classOf(event).event;
    return this.store(channelOf(name), JSON.stringify(event), { id, type: typeOf(name, version) });
  }

  /**
   * Publishes every golden sample of an event, of all its versions, as they were published in their time.
   *
   * @returns their ids
   * @throws Error where there is none
   */
  async publishGolden(type: EventClass): Promise<string[]> {
    const samples = await goldenSamples(type);
    return Promise.all(
      samples.map((sample) =>
        this.store(channelOf(type.event.name), sample.text, { id: newEventId(), type: sample.type }),
      ),
    );
  }

  /** Publishes that a processor, which need not run, gave up on this event; as {@link publish} does. */
  async publishFailure(of: string, event: object, id = newEventId()): Promise<string> {
    const { name } = classOf(event).event;
    const { name: failed, version } = EventFailed.event;
    return this.store(failureChannelOf(of, name), JSON.stringify(failureOf(of, event)), {
      id,
      type: typeOf(failed, version),
    });
  }

  /** Publishes what no contract allows: any text, on any subject of a stream. */
  async publishRaw(subject: string, text: string, id = newEventId()): Promise<string> {
    return this.store(subject, text, { id });
  }

  /** The first event of this class, once it is stored. */
  async published<Event extends object>(
    type: EventClass<Event>,
    options: WaitOptions = {},
  ): Promise<SeenEvent<Event>> {
    return this.waitFor<Event>(channelOf(type.event.name), `no ${type.event.name}`, options);
  }

  /** The failure event, once the processor `by` has given up on an event of this class. */
  async failed(type: EventClass, by: string, options: WaitOptions = {}): Promise<SeenEvent<EventFailed>> {
    return this.waitFor<EventFailed>(
      failureChannelOf(by, type.event.name),
      `${by} has given up on no ${type.event.name}`,
      options,
    );
  }

  /** Resolves when the processor `by` has settled all events of this class, retries included. */
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
        `${by} has not settled every ${type.event.name}: ${num_pending} wait, ${num_ack_pending} are in hand, ` +
          `${retries} to be tried again`,
      );
    };
    const instead = async () => `Stored is:${tableOf(await storedEvents(this.connection))}`;
    await eventually(settled, { ...limits, instead });
  }

  /**
   * Nothing was stored but what was published here and what was waited for. Wait for {@link consumed} first: what is still
   * being worked on may lead to more.
   *
   * @throws Error that lists the rest
   */
  async nothingMore(): Promise<void> {
    const more = (await storedEvents(this.connection)).filter(({ place }) => !this.known.has(place));
    if (more.length > 0) throw new Error(`There is more than was expected:${tableOf(more)}`);
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
        throw new Error(`${missing}${causedBy ? ` after ${causedBy}` : ''}; stored is:${tableOf(stored)}`);
      this.known.add(found.place);
      return found as SeenEvent<Data>;
    }, limits);
  }

  /** Without a message id, so that the broker drops no repetition. */
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
