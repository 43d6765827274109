import { Consumes, EventPublisher, JetStreamConnection, Publishes } from '@cascade/jetstream';
import { createMicroservice, eventually, recordLog, TestCluster } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DiscardPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Controller, Logger, type INestMicroservice } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OutgoingHeaders } from '../src/wire/outgoing-headers.js';
import { pipelineOf } from '../src/client/publish-pipeline.js';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { moduleOf, useTransport } from './transport.js';

/** Time within which all waiting events are published after the end of a stall, in milliseconds. */
const SOON = 20_000;
/** Time within which a stall is noticed, in milliseconds. This time consists of 10 s and the time until the next check. */
const NOTICED = { timeout: 14_000 };
const ORDERS = 30;

@Controller()
class Confirming {
  @Consumes(OrderPlaced, { processor: 'confirming', publishes: [OrderConfirmed], concurrency: 4 })
  confirm(@Payload() { orderId }: OrderPlaced): OrderConfirmed {
    return new OrderConfirmed({ orderId });
  }
}

const readinessOf = (service: INestMicroservice): Promise<void> =>
  service.get(Publishes, { strict: false }).ready();
const untilStalled = (service: INestMicroservice, reason: RegExp) =>
  eventually(() => expect(readinessOf(service)).rejects.toThrow(reason), NOTICED);

afterEach(() => void Logger.overrideLogger(true));

describe('a broker with too little room', () => {
  const users = [{ user: 'spec', password: 'x' }];
  const accounts = { SPEC: { jetstream: { max_file: 400_000 }, users } };
  const transport = useTransport({ accounts, no_auth_user: 'spec' });
  let manager: JetStreamManager;

  beforeAll(async () => {
    manager = await jetstreamManager(transport.client);
  });

  const runConfirming = () =>
    transport.run(
      { controllers: [Confirming] },
      { streams: { events: { maxBytes: 200_000 }, failures: { maxBytes: 50_000 } } },
    );
  /** Stores orders before the processor starts. The next events are stored after the orders. */
  const placeOrders = async (): Promise<void> => {
    await (await runConfirming()).close();
    for (let number = 0; number < ORDERS; number++)
      await jetstream(transport.client).publish('events.order.placed', `{"orderId":"${number}","amount":1}`);
  };
  const untilConfirmed = (count: number) => transport.stored('EVENTS', 'events.order.confirmed', count, SOON);

  it('whose EVENTS is full makes the service log the fault once, and publish everything when there is room', async () => {
    await placeOrders();
    const { config, state } = await manager.streams.info('EVENTS');
    await manager.streams.update('EVENTS', { ...config, max_bytes: state.bytes });
    const service = await transport.run({ controllers: [Confirming] }, { provision: false });
    const lines = recordLog();
    await untilStalled(service, /^4 publishes to EVENTS unconfirmed since 2.*Z: maximum bytes exceeded$/);
    const report: unknown = expect.stringMatching(/^error: 4 publishes to EVENTS unconfirmed since 2/);
    await eventually(() => expect(lines()).toEqual([report]));

    await manager.streams.update('EVENTS', { ...config });
    await untilConfirmed(ORDERS);
    await eventually(() => readinessOf(service));
    await eventually(() =>
      expect(lines()).toEqual([report, 'log: no publish to EVENTS is waiting any longer']),
    );
  });

  it('whose account is at its limit makes the service report the fault, and publish everything when there is room', async () => {
    await placeOrders();
    // Another stream uses up the rest of the account.
    await manager.streams.add({ name: 'OTHERS', subjects: ['others.>'], discard: DiscardPolicy.New });
    await eventually(async () => {
      const filling = jetstream(transport.client).publish('others.thing', Buffer.alloc(5_000));
      await expect(filling).rejects.toThrow('resource limits exceeded for account');
    });
    const service = await runConfirming();
    await untilStalled(service, /^4 publishes to EVENTS .*: resource limits exceeded for account$/);

    await manager.streams.delete('OTHERS');
    await untilConfirmed(2 * ORDERS);
    await eventually(() => readinessOf(service));
  });
});

describe('publishes that are given up and repeated', () => {
  const transport = useTransport();

  it('are one stall, although no publish waits for long', async () => {
    recordLog();
    const { client } = transport;
    const { streams } = await jetstreamManager(client);
    await streams.add({
      name: 'EVENTS',
      subjects: ['events.>'],
      max_msgs: 0,
      max_bytes: 1,
      discard: DiscardPolicy.New,
    });
    const pipeline = pipelineOf(client, { inbox: 'inbox.of.the.spec', lateAfter: 600 });
    let isOver = false;
    const publishing = (async () => {
      for (let number = 0; !isOver; number++) {
        const message = {
          subject: 'events.order.placed',
          body: Buffer.from('{}'),
          headers: new OutgoingHeaders(),
          id: String(number),
        };
        await pipeline.publish(message, { timeout: 150 }).catch(() => undefined);
      }
    })();
    await eventually(() => expect(pipeline.stalled).toMatchObject([{ stream: 'EVENTS' }]));
    await streams.update('EVENTS', { max_bytes: -1 });
    await eventually(() => expect(pipeline.stalled).toEqual([]));
    isOver = true;
    await publishing;
  });
});

describe('a cluster that has lost its quorum', () => {
  let cluster: TestCluster;
  let service: INestMicroservice;

  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(async () => {
    await service?.close();
    await cluster?.stop();
  });

  it('is named as the reason, and all events are published when the cluster has a quorum again', async () => {
    const streams = { replicas: 3 };
    const servers = cluster.servers;
    service = await createMicroservice(
      moduleOf(servers.join(), { controllers: [Confirming] }, { streams, servers }),
    );
    await service.listen();
    const nats = await service.get(JetStreamConnection, { strict: false }).get();
    const publish = (orderId: string) =>
      jetstream(nats).publish('events.order.placed', `{"orderId":"${orderId}","amount":1}`);
    const manager = await jetstreamManager(nats, { checkAPI: false });
    const untilConfirmed = (count: number) =>
      eventually(async () => {
        const { state } = await manager.streams.info('EVENTS', { subjects_filter: 'events.order.confirmed' });
        expect(state.subjects).toEqual({ 'events.order.confirmed': count });
      });
    await publish('before');
    await untilConfirmed(1);
    for (const index of [0, 1]) await cluster.kill(index);
    const publisher = service.get(EventPublisher, { strict: false });
    const published = Array.from({ length: ORDERS }, (_, number) =>
      publisher.publish(new OrderPlaced({ orderId: `during ${number}`, amount: 1 }), { timeout: 80_000 }),
    );
    await untilStalled(
      service,
      /^30 publishes to EVENTS .*: (the stream (has no leader|cannot commit)|no answer)/,
    );

    for (const index of [0, 1]) await cluster.startNode(index);
    const begun = performance.now();
    await Promise.all(published);
    await eventually(() => readinessOf(service));
    await untilConfirmed(ORDERS + 1);
    expect(performance.now() - begun).toBeLessThan(SOON);
  }, 90_000);
});
