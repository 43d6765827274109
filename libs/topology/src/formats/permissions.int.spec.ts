import {
  Consumes,
  ConsumesFailure,
  EventPublisher,
  JetStreamConnection,
  JetStreamModule,
  PublishDeniedError,
  Replays,
  UnrecoverableError,
  type EventClass,
} from '@cascade/jetstream';
import { createMicroservice, quietLog, untilAnswered, untilStored } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Controller, type INestApplicationContext, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBrokerWithFile, type BrokerWithFile } from '../../test/broker-with-file.js';
import { makeSystem, removeCheckouts } from '../../test/checkout.js';
import { readTopology } from '../read-topology.js';
import { formatPermissions } from './permissions.js';

class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;

  constructor(orderId: string) {
    this.orderId = orderId;
  }
}

class OrderShipped extends OrderPlaced {
  static override readonly event = { name: 'order.shipped', version: 1 };
}

class ComplaintMade extends OrderPlaced {
  static override readonly event = { name: 'complaint.made', version: 1 };
}

let isAddressKnown = false;

@Controller()
class Depot {
  private attempts = 0;

  @Consumes(OrderPlaced, {
    processor: 'ship-order',
    publishes: [OrderShipped],
    backoff: 20,
    pause: { failures: 1, firstProbe: 20 },
  })
  ship(@Payload() { orderId }: OrderPlaced): OrderShipped {
    if (orderId === 'unknown' && !isAddressKnown) throw new UnrecoverableError('no such address');
    if (orderId === 'later' && this.attempts++ < 2) throw new Error('the van is away');
    return new OrderShipped(orderId);
  }
}

@Controller()
class Desk {
  @ConsumesFailure(OrderPlaced, { of: 'ship-order', processor: 'desk', publishes: [ComplaintMade] })
  complain(): ComplaintMade {
    return new ComplaintMade('unknown');
  }
}

const APPS = {
  shop: { publishes: [OrderPlaced], controllers: [] },
  'parcel-depot': { publishes: [], controllers: [Depot] },
  desk: { publishes: [], controllers: [Desk] },
};
const PASSWORDS = {
  CASCADE_NATS_PASSWORD: 'cascade',
  SHOP_NATS_PASSWORD: 'shop',
  PARCEL_DEPOT_NATS_PASSWORD: 'parcel-depot',
  DESK_NATS_PASSWORD: 'desk',
};

describe('services with the permissions derived from their code', () => {
  let broker: BrokerWithFile;
  let operator: NatsConnection;
  const running: INestApplicationContext[] = [];

  async function run(name: keyof typeof APPS, user: string): Promise<INestMicroservice> {
    const { publishes, controllers }: { publishes: EventClass[]; controllers: Type[] } = APPS[name];
    const transport = JetStreamModule.forRoot({ source: name, servers: urlOf(user), publishes });
    const service = await createMicroservice({
      module: class Service {},
      imports: [transport],
      controllers,
    });
    running.push(service);
    await service.listen();
    return service;
  }

  const urlOf = (user: string) => `nats://${user}:${user}@${broker.address}`;
  const connectAs = (user: string) => connect({ servers: broker.address, user, pass: user });
  const stopAll = () => Promise.all(running.splice(0).map((service) => service.close()));

  /** Waits for at least `count` messages, because a processor may pause several times. */
  const stored = (stream: string, subject: string, count: number) =>
    untilStored(operator, stream, subject, count);

  beforeAll(async () => {
    const topology = await readTopology(await makeSystem(APPS, [OrderPlaced, OrderShipped, ComplaintMade]));
    broker = await startBrokerWithFile(formatPermissions(topology), PASSWORDS);
    operator = await connectAs('cascade');
    // Each service starts once as the operator, which provisions streams and consumers. Afterwards, each service uses its own
    // rights.
    for (const name of Object.keys(APPS) as (keyof typeof APPS)[]) await run(name, 'cascade');
    await stopAll();
  }, 60_000);

  afterAll(async () => {
    await stopAll();
    await operator?.close();
    await broker?.stop();
    await removeCheckouts();
  });

  it('publish, consume, retry, pause, fail, consume failures, and answer replays', async () => {
    const shop = await run('shop', 'shop');
    await run('parcel-depot', 'parcel-depot');
    await run('desk', 'desk');

    for (const orderId of ['now', 'later', 'unknown'])
      await shop.get(EventPublisher).publish(new OrderPlaced(orderId));

    await stored('EVENTS', 'events.order.shipped', 2);
    await stored('EVENTS', 'events.processor.paused', 1);
    await stored('EVENTS', 'events.processor.resumed', 1);
    await stored('FAILURES', 'failed.ship-order.order.placed', 1);
    await stored('EVENTS', 'events.complaint.made', 1);

    isAddressKnown = true;
    const replays = await replaysOfOperator();
    await replays.replayFailures(
      { processor: 'ship-order' },
      { by: 'ann', reason: 'the address is known now' },
    );
    await stored('EVENTS', 'events.order.shipped', 3);
    await untilAnswered(operator, await failureId());
  });

  it('may not read or change streams, read events, or publish events of other services', async () => {
    const depot = await connectAs('parcel-depot');
    const others = new JetStreamConnection({ source: 'desk', servers: urlOf('desk') });
    try {
      const manager = await jetstreamManager(depot, { checkAPI: false, timeout: 2_000 });
      await expect(manager.streams.info('EVENTS')).rejects.toThrow(/permission/i);
      await expect(manager.streams.purge('EVENTS')).rejects.toThrow(/permission/i);
      const subscribed = new Promise((resolve) => depot.subscribe('events.>', { callback: resolve }));
      expect(String(await subscribed)).toMatch(/permission/i);
      const publisher = new EventPublisher(others, { source: 'desk', publishes: [OrderPlaced] });
      await expect(publisher.publish(new OrderPlaced('forged'))).rejects.toThrow(PublishDeniedError);
    } finally {
      await Promise.all([depot.close(), others.close()]);
    }
  });

  async function failureId(): Promise<string> {
    const { streams } = await jetstreamManager(operator);
    const failed = await streams.getMessage('FAILURES', { last_by_subj: 'failed.ship-order.order.placed' });
    return failed!.header.get('ce-id');
  }

  async function replaysOfOperator(): Promise<Replays> {
    const transport = JetStreamModule.forRoot({ source: 'operator', servers: urlOf('cascade') });
    const application = await NestFactory.createApplicationContext(transport, {
      logger: quietLog,
      abortOnError: false,
    });
    running.push(application);
    return application.get(Replays);
  }
});
