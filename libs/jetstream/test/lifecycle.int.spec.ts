import {
  Consumes,
  EventContext,
  EventPublisher,
  InvalidEventError,
  JetStreamConnection,
  PublishRefusedError,
  PublishTimeoutError,
} from '@cascade/jetstream';
import { startBroker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InvoiceIssued, OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

const gate = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe('the life of the transport', () => {
  const transport = useTransport();

  it('app.close() stops pulling, lets running handlers finish and publish, then closes', async () => {
    const { open, opened } = gate();
    const started: string[] = [];
    @Controller()
    class Closing {
      @Consumes(OrderPlaced, { processor: 'closing', concurrency: 2, publishes: [OrderConfirmed] })
      async handle(@Payload() event: OrderPlaced): Promise<OrderConfirmed> {
        started.push(event.orderId);
        await opened;
        return new OrderConfirmed({ orderId: event.orderId });
      }
    }
    const application = await transport.run({ controllers: [Closing] });
    for (const orderId of ['a', 'b', 'c', 'd'])
      transport.publish('events.order.placed', { orderId, amount: 1 });
    await eventually(() => expect(started).toHaveLength(2));

    const closed = application.close();
    open();
    await closed;

    const confirmed = await transport.read('EVENTS', 'events.order.confirmed');
    expect(confirmed.map((message) => message.json<OrderConfirmed>().orderId)).toEqual(started);
    // The two other events have never been delivered, and wait for the next start of the service.
    expect(await transport.backlog('closing')).toEqual({ inFlight: 0, waiting: 2 });
    await expect(application.get(JetStreamConnection, { strict: false }).ready()).rejects.toThrow(/closed/);
  });

  it('app.close() hands back events that wait for a permit, without using up an attempt', async () => {
    const { open, opened } = gate();
    const started: string[] = [];
    const attempts = new Map<string, number>();
    @Controller()
    class HandingBack {
      @Consumes(OrderPlaced, { processor: 'handing-back', concurrency: 2 })
      async handle(@Payload() { orderId }: OrderPlaced, @Ctx() { attempt }: EventContext): Promise<void> {
        await new Promise(setImmediate);
        if (!orderId.startsWith('slow')) return;
        started.push(orderId);
        attempts.set(orderId, attempt);
        await opened;
      }
    }
    const application = await transport.run({ controllers: [HandingBack] });
    // The handlers of the first events end quickly, so the processor prefetches. The handlers of the last events wait.
    const last = ['slow-1', 'slow-2', 'slow-3', 'slow-4', 'slow-5', 'slow-6'];
    for (let count = 0; count < 10_000; count++)
      transport.publish('events.order.placed', { orderId: `quick-${count}`, amount: 1 });
    for (const orderId of last) transport.publish('events.order.placed', { orderId, amount: 1 });
    await eventually(
      async () => {
        expect((await transport.backlog('handing-back')).inFlight).toBe(4);
        expect(started).toHaveLength(2);
      },
      { timeout: 60_000 },
    );

    const closed = application.close();
    // The waiting events are handed back even though the running handlers keep their permits.
    await eventually(async () => expect((await transport.backlog('handing-back')).inFlight).toBe(2));
    open();
    await closed;
    expect(started).toHaveLength(2);
    expect(await transport.inFlight('handing-back')).toBe(0);

    await transport.run({ controllers: [HandingBack] });
    await eventually(() => expect([...attempts.keys()].sort()).toEqual(last));
    expect(started).toHaveLength(last.length);
    expect(new Set(attempts.values())).toEqual(new Set([1]));
  }, 90_000);

  it('app.close() does not wait for a handler longer than its drain timeout', async () => {
    const { open, opened } = gate();
    let started = false;
    @Controller()
    class Stuck {
      @Consumes(OrderPlaced, { processor: 'stuck', attempts: 1 })
      async handle(): Promise<void> {
        started = true;
        await opened;
      }
    }
    const application = await transport.run({ controllers: [Stuck] }, { drainTimeout: 100 });
    transport.publish('events.order.placed', { orderId: 'stuck', amount: 1 });
    await eventually(() => expect(started).toBe(true));

    const before = Date.now();
    await application.close();
    expect(Date.now() - before).toBeLessThan(2_000);
    open();
  });

  it('a handler that runs longer than ackWait gets its event only once', async () => {
    let deliveries = 0;
    let done = 0;
    @Controller()
    class Long {
      @Consumes(OrderPlaced, { processor: 'long', ackWait: 1_000 })
      async handle(@Payload() event: OrderPlaced): Promise<void> {
        if (event.orderId !== 'long') return;
        deliveries += 1;
        const end = Date.now() + 3_000;
        await eventually(() => expect(Date.now()).toBeGreaterThan(end));
        done += 1;
      }
    }
    await transport.run({ controllers: [Long] });
    transport.publish('events.order.placed', { orderId: 'long', amount: 1 });

    await eventually(() => expect(done).toBe(1), { timeout: 8_000 });
    await transport.settled('long');
    expect(deliveries).toBe(1);
  });

  describe('a publisher', () => {
    let publisher: EventPublisher;

    beforeAll(async () => {
      publisher = transport.publisherOf(await transport.run({}));
    });

    it('refuses an event that breaks its contract, naming every rule, and publishes nothing', async () => {
      const publishing = publisher.publish(new OrderPlaced({ orderId: '', amount: 1.5 }), { id: 'never' });
      await expect(publishing).rejects.toThrow(InvalidEventError);
      await expect(publishing).rejects.toMatchObject({
        violations: [
          expect.objectContaining({ field: 'orderId' }),
          expect.objectContaining({ field: 'amount' }),
        ],
      });
      const stored = await transport.read('EVENTS', 'events.order.placed');
      expect(stored.map((message) => message.header.get('ce-id'))).not.toContain('never');
    });

    it('refuses an object that is not an event', async () => {
      await expect(publisher.publish({ orderId: 'plain object' })).rejects.toThrow(/not an event/);
    });

    it('refuses an event that the service does not declare', async () => {
      await expect(publisher.publish(new InvoiceIssued({ orderId: 'undeclared' }))).rejects.toThrow(
        /spec publishes InvoiceIssued, but declares OrderPlaced, OrderConfirmed\. Declare it in the module of spec/,
      );
    });
  });

  it('publishing an event several times with the same id stores one event', async () => {
    const publisher = transport.publisherOf(await transport.run({}));
    const before = (await transport.read('EVENTS', 'events.order.confirmed')).length;
    for (let time = 0; time < 3; time++)
      await publisher.publish(new OrderConfirmed({ orderId: 'once' }), { id: 'the-same' });
    expect(await transport.read('EVENTS', 'events.order.confirmed')).toHaveLength(before + 1);
  });

  it('an event is refused immediately if a failure event could not carry it', async () => {
    const publisher = transport.publisherOf(await transport.run({}));
    const note = 'x'.repeat(675_840);
    const publishing = publisher.publish(new OrderPlaced({ orderId: 'large', amount: 1, note }));
    await expect(publishing).rejects.toThrow(PublishRefusedError);
    await expect(publishing).rejects.toThrow(/at most 675840/);
  });

  it('a message that the broker refuses permanently is refused immediately', async () => {
    const publisher = transport.publisherOf(await transport.run({}));
    const data = { orderId: 'huge', note: 'x'.repeat(1_100_000) };
    const event = {
      name: 'order.placed',
      version: 1,
      data,
      id: 'huge',
      correlationId: 'huge',
      time: new Date(),
    };
    await expect(publisher.publishStored(event)).rejects.toThrow(PublishRefusedError);
    const keys = Object.fromEntries(Array.from({ length: 10_001 }, (_, key) => [key, 1]));
    await expect(publisher.publishStored({ ...event, data: keys })).rejects.toThrow(
      /more than 10,000 values/,
    );
    await expect(publisher.publishStored({ ...event, name: 'no channel', data: {} })).rejects.toThrow(
      PublishRefusedError,
    );
  });

  it('publishing and consuming resume when the broker is back after a kill', async () => {
    const storeDir = await mkdtemp(join(tmpdir(), 'cascade-restart-'));
    const broker = await startBroker({ storeDir });
    const seen: string[] = [];
    @Controller()
    class Surviving {
      @Consumes(OrderPlaced, { processor: 'surviving' })
      handle(@Payload() event: OrderPlaced): void {
        seen.push(event.orderId);
      }
    }
    const application = await transport.run({ controllers: [Surviving] }, { servers: broker.url });
    const connection = application.get(JetStreamConnection, { strict: false });
    const publisher = transport.publisherOf(application);
    await publisher.publish(new OrderPlaced({ orderId: 'before', amount: 1 }));
    await broker.kill();
    await eventually(() => expect(connection.ready()).rejects.toThrow(/disconnected/));
    await expect(
      publisher.publish(new OrderPlaced({ orderId: 'lost', amount: 1 }), { timeout: 200 }),
    ).rejects.toThrow(PublishTimeoutError);

    const meanwhile = publisher.publish(new OrderPlaced({ orderId: 'meanwhile', amount: 1 }));
    const again = await startBroker({ storeDir, port: broker.port });
    try {
      await meanwhile;
      await eventually(() => expect(seen).toEqual(expect.arrayContaining(['before', 'meanwhile'])), {
        timeout: 10_000,
      });
      await connection.ready();
    } finally {
      await transport.closeApplications();
      await again.stop();
      await rm(storeDir, { recursive: true, force: true });
    }
  });

  it('publishing gives up at its timeout if there has been no broker yet', async () => {
    const connection = new JetStreamConnection({ source: 'early', servers: 'nats://127.0.0.1:1' });
    const publisher = new EventPublisher(connection, { source: 'early', publishes: [OrderConfirmed] });
    const event = new OrderConfirmed({ orderId: 'early' });
    await expect(publisher.publish(event, { timeout: 50 })).rejects.toThrow(PublishTimeoutError);
    await expect(publisher.publish(event, { signal: AbortSignal.abort() })).rejects.toThrow(
      PublishTimeoutError,
    );
    await connection.close();
  });

  it('publishing gives up at its timeout even after a garbage collection', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const connection = new JetStreamConnection({ source: 'early', servers: 'nats://127.0.0.1:1' });
    const publisher = new EventPublisher(connection, { source: 'early', publishes: [OrderConfirmed] });
    let error: unknown;
    publisher
      .publish(new OrderConfirmed({ orderId: 'early' }), { timeout: 200 })
      .catch((thrown: unknown) => (error = thrown));
    try {
      await eventually(
        () => {
          collectGarbage();
          expect(error).toBeInstanceOf(PublishTimeoutError);
        },
        { timeout: 5_000 },
      );
    } finally {
      await connection.close();
    }
  });

  describe('the connection', () => {
    it('waits for a broker that has not started yet, and can be closed while it waits', async () => {
      const connection = new JetStreamConnection({
        source: 'early',
        servers: 'nats://user:secret@127.0.0.1:1',
      });
      await expect(connection.ready()).rejects.toThrow('connecting (NATS at 127.0.0.1:1)');
      await connection.close();
      await expect(connection.get()).rejects.toThrow(/cannot connect to NATS at 127.0.0.1:1: /);
      await expect(connection.get()).rejects.not.toThrow(/secret/);
    });

    it('goes to another server if a server accepts the connection and sends nothing', async () => {
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const servers = [`127.0.0.1:${(silent.address() as AddressInfo).port}`, transport.broker.url];
      const begun = performance.now();
      const connection = new JetStreamConnection({
        source: 'patient',
        servers,
        connection: { noRandomize: true },
      });
      try {
        await connection.get();
        expect(performance.now() - begun).toBeLessThan(10_000);
      } finally {
        await connection.close();
        silent.close();
      }
    });

    it('fails immediately with wrong credentials, and accepts correct credentials in the URL', async () => {
      const broker = await startTestBroker({
        // The launcher connects as `guest` to check the broker.
        settings: {
          authorization: {
            users: [
              { user: 'ann', password: 'p@ss' },
              { user: 'guest', password: 'x' },
            ],
          },
          no_auth_user: 'guest',
        },
      });
      const address = `127.0.0.1:${broker.port}`;
      const refused = new JetStreamConnection({ source: 'refused', servers: `nats://ann:wrong@${address}` });
      const admitted = new JetStreamConnection({
        source: 'admitted',
        servers: `nats://ann:p%40ss@${address}`,
      });
      try {
        await expect(refused.get()).rejects.toThrow(/Authorization/i);
        await admitted.get();
      } finally {
        await admitted.close();
        await broker.stop();
      }
    });
  });
});
