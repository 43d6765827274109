import { startBroker, type Broker, type ServerSettings } from '@cascade/embedded-broker';
import { eventually, recordLog, startTestBroker } from '@cascade/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventPublisher, JetStreamConnection } from '@cascade/jetstream';
import { OrderPlaced } from './events.js';

/** Returns settings with these users and the user `admin`, who provisions and checks the broker. */
const settingsWith = (...users: string[]): ServerSettings => ({
  authorization: { users: ['admin', ...users].map((user) => ({ user, password: 'x' })) },
  no_auth_user: 'admin',
});

describe('a service that the broker refuses after a connection', () => {
  let broker: Broker;
  let service: JetStreamConnection;
  /** Log lines about refused connections. */
  const refusals: string[] = [];

  const restart = async (settings: ServerSettings): Promise<void> => {
    await broker.kill();
    const log = (line: string) => void (line.includes('authentication error') && refusals.push(line));
    const before = broker;
    const again = await startBroker({ storeDir: before.storeDir, port: before.port, settings, log });
    // A stop of the first broker removes the store.
    broker = { ...again, stop: () => again.stop().then(() => before.stop()) };
  };
  const serverOf = (user: string) => `nats://${user}:x@127.0.0.1:${broker.port}`;

  beforeEach(async () => {
    Logger.overrideLogger(false);
    broker = await startTestBroker({ settings: settingsWith('service') });
    const admin = new JetStreamConnection({ source: 'admin', servers: broker.url });
    await admin.get().then((nats) => nats.request('$JS.API.STREAM.CREATE.EVENTS', STREAM));
    await admin.close();
    service = new JetStreamConnection({ source: 'service', servers: serverOf('service') });
    await service.get();
  });
  afterEach(async () => {
    await service.close();
    await broker.stop();
    Logger.overrideLogger(true);
  });

  it('keeps trying, logs the refusal once, and publishes waiting events when the broker accepts the service again', async () => {
    const lines = recordLog();
    const publisher = new EventPublisher(service, { source: 'service', publishes: [OrderPlaced] });
    await restart(settingsWith());
    const published = publisher.publish(new OrderPlaced({ orderId: 'waits', amount: 1 }), {
      timeout: 60_000,
    });
    await eventually(() => expect(refusals.length).toBeGreaterThan(4));
    await expect(service.ready()).rejects.toThrow(
      /^disconnected \(NATS at 127.*\): .*Authorization Violation/,
    );
    expect(lines().filter((line) => /Authorization Violation/.test(line))).toHaveLength(1);

    await restart(settingsWith('service'));
    await expect(published).resolves.toHaveProperty('id');
    await service.ready();
  });
});

const STREAM = JSON.stringify({ name: 'EVENTS', subjects: ['events.>'] });
