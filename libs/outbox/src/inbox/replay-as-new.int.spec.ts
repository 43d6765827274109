import type { Broker } from '@cascade/embedded-broker';
import { channelOf, FailureReader, Replays } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, startTestBroker } from '@cascade/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Drafting, NoteDrafted } from '../../test/drafting.js';
import { Filing, filingSchema, places, startFilingService } from '../../test/filing-service.js';

const WHO = { by: 'spec', reason: 'the author was wrong' };

describeStores((databases) => {
  let broker: Broker;
  let client: NatsConnection;
  let service: INestMicroservice;
  let drafting: Drafting;
  let replays: Replays;
  beforeAll(async () => {
    broker = await startTestBroker();
    client = await connect({ servers: broker.url });
    service = await startFilingService({
      store: await databases.createFor(filingSchema),
      broker: { servers: broker.url },
      controllers: [Drafting, Filing],
    });
    drafting = service.get(Drafting);
    replays = service.get(Replays, { strict: false });
  }, 60_000);
  beforeEach(() => {
    drafting.authorOf = (by) => `wrong ${by}`;
    drafting.afterWork = () => undefined;
  });
  afterAll(async () => {
    await service?.close();
    await client?.close();
    await broker?.stop();
  });

  const filed = async () => {
    const { db } = service.get<Store<typeof filingSchema>>(Store);
    return (await db.select().from(places)).map(({ author }) => author);
  };
  /** Waits until all events that were published or replayed so far are settled. */
  async function settled(): Promise<void> {
    const { consumers } = await jetstreamManager(client);
    // Checks `drafting` first. This processor publishes the events for `filing` before acknowledging.
    for (const processor of ['drafting', 'filing'])
      for (const stream of ['EVENTS', 'RETRIES'])
        await eventually(async () => {
          const { num_pending, num_ack_pending } = await consumers.info(stream, processor);
          expect({ num_pending, num_ack_pending }).toEqual({ num_pending: 0, num_ack_pending: 0 });
        });
  }
  async function draft(by: string): Promise<void> {
    const named = headers();
    named.set('ce-id', `draft-${by}`);
    const subject = channelOf(NoteDrafted.event.name);
    await jetstream(client).publish(subject, JSON.stringify({ by }), { headers: named });
    await eventually(async () => expect(await filed()).toContain(`wrong ${by}`));
  }
  async function replay(asNew: boolean): Promise<string> {
    const selection = { processor: 'drafting', event: NoteDrafted.event.name };
    const { replayId } = await replays.replayChannel(selection, { ...WHO, asNew });
    await settled();
    return replayId;
  }

  it('corrects what a wrong processor has published, through the inbox downstream', async () => {
    await draft('ada');
    drafting.authorOf = (by) => by;

    await replay(false);
    expect(await filed()).not.toContain('ada');

    await replay(true);
    expect((await filed()).filter((author) => author === 'ada')).toHaveLength(1);
  });

  it('is completed by the replay of its failures, even if their work was committed', async () => {
    await draft('bob');
    drafting.authorOf = (by) => by;
    drafting.afterWork = () => {
      throw new Error('after the work');
    };
    const replayId = await replay(true);
    expect(await filed()).not.toContain('bob');

    const archive = service.get(FailureReader, { strict: false });
    const failureIds: string[] = [];
    for await (const { id, failure } of archive.list()) if (failure.asNew === replayId) failureIds.push(id);
    drafting.authorOf = (by) => `again ${by}`;
    drafting.afterWork = () => undefined;
    await replays.replayFailures({ failureIds }, WHO);
    await settled();
    expect(await filed()).toContain('bob');
    expect(await filed()).not.toContain('again bob');
  });
});
