import { startBroker, type Broker } from '@cascade/embedded-broker';
import { EVENTS_STREAM, type JetStreamOptions } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, startTestBroker } from '@cascade/testing';
import { afterEach, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { NoteLog } from '../../test/note-log.js';
import { Notebook, schema } from '../../test/notebook.js';
import { startNotebookService } from '../../test/notebook-service.js';
import { OutboxRelay } from './outbox-relay.js';
import { Outbox } from './outbox.js';

type Settings = NonNullable<Parameters<typeof startTestBroker>[0]>['settings'];
type BrokerAccess = Omit<JetStreamOptions, 'source'>;

/** Timeout for the first publish after the broker accepts events again, in milliseconds. */
const SOON = 10_000;

describeStores((databases, _kind, isFastest) => {
  let service: INestMicroservice | undefined;
  let log: NoteLog | undefined;
  const brokers: Broker[] = [];
  afterEach(async () => {
    await service?.close();
    await log?.close();
    for (const broker of brokers.splice(0).reverse()) await broker.stop();
  });

  const startFirst = async (settings: Settings = {}) => {
    const broker = await startTestBroker({ settings });
    brokers.push(broker);
    return broker;
  };
  const restart = async ({ storeDir, port }: Broker, settings: Settings = {}) => {
    brokers.push(await startBroker({ storeDir, port, settings }));
  };
  const startService = async (broker: BrokerAccess) => {
    const store = await databases.createFor(schema);
    service = await startNotebookService({ store, broker });
    const notebook = new Notebook(service.get<Store<typeof schema>>(Store));
    return { notebook, outbox: service.get(Outbox), relay: service.get(OutboxRelay) };
  };

  it('accepts events while the stream is full, and publishes them soon after there is room', async () => {
    const broker = await startFirst();
    const { notebook } = await startService({
      servers: broker.url,
      streams: { events: { maxBytes: 16_384 } },
    });
    log = await NoteLog.open(broker.url);
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    await notebook.write('ada', ...numbers);
    await log.untilFull();
    await notebook.write('bob', ...numbers);
    expect(await notebook.unpublished()).toBeGreaterThan(60);

    await log.manager.streams.update(EVENTS_STREAM, { max_bytes: 1_000_000 });
    await eventually(async () => expect(await notebook.unpublished()).toBe(0), { timeout: SOON });
    const notes = await log.notes(120);
    expect(notes.get('ada')).toEqual(numbers);
    expect(notes.get('bob')).toEqual(numbers);
  });

  it('accepts events while the broker is down, and publishes all 5,000 soon after it has returned', async () => {
    const broker = await startFirst();
    const { notebook, relay } = await startService({ servers: broker.url });
    await broker.kill();
    await notebook.writeMany(
      Array.from({ length: 5_000 }, (_, index) => ({
        author: `author ${index % 1_000}`,
        number: Math.floor(index / 1_000),
      })),
    );
    expect((await relay.backlog()).waiting).toBe(5_000);

    await restart(broker);
    await eventually(async () => expect(await notebook.unpublished()).toBeLessThan(5_000), { timeout: SOON });
    // The timeout is long, because the speed depends on the machine. The interval is long, because each attempt counts the rows,
    // and an embedded database has a single thread.
    const unhurried = { timeout: 60_000, interval: 250 };
    await eventually(async () => expect(await notebook.unpublished()).toBe(0), unhurried);
    log = await NoteLog.open(broker.url);
    const notes = await log.notes(5_000);
    expect(notes.size).toBe(1_000);
    for (const numbers of notes.values()) expect(numbers).toEqual([0, 1, 2, 3, 4]);
  }, 120_000);

  // The refusals of the broker do not depend on the store.
  if (!isFastest) return;

  it('sets aside an event that is too large, and publishes it when it is put back after the limit was raised', async () => {
    const broker = await startFirst({ max_payload: 262_144 });
    const { notebook, outbox, relay } = await startService({ servers: broker.url });
    log = await NoteLog.open(broker.url);
    await notebook.writeMany([
      { author: 'ada', number: 1, text: 'x'.repeat(100_000) },
      { author: 'ada', number: 2 },
    ]);
    expect((await log.notes(1)).get('ada')).toEqual([2]);
    const [large] = await eventually(async () => {
      const setAside = await outbox.setAside();
      expect(setAside).toHaveLength(1);
      return setAside;
    });
    expect(large).toMatchObject({
      data: { number: 1 },
      lastError: expect.stringMatching(/at most 86016 can be/),
    });

    await broker.kill();
    await restart(broker);
    await eventually(async () => {
      await outbox.putBack();
      expect(await relay.backlog()).toMatchObject({ waiting: 0, setAside: 0 });
    });
    await log.close();
    log = await NoteLog.open(broker.url);
    expect((await log.notes(2)).get('ada')).toEqual([2, 1]);
  });

  it('keeps an event for which a right is missing until the right is granted', async () => {
    const settings = (allowed: string): Settings => ({
      authorization: {
        users: [
          { user: 'admin', password: 'x', permissions: {} },
          { user: 'notebook', password: 'x', permissions: { publish: ['$JS.>', allowed] } },
        ],
      },
      no_auth_user: 'admin',
    });
    const broker = await startFirst(settings('events.note.erased'));
    const { notebook, outbox } = await startService({
      servers: `nats://notebook:x@127.0.0.1:${broker.port}`,
    });
    const [id = ''] = await notebook.write('ada', 1, 2);
    await eventually(async () =>
      expect(await notebook.rowOf(id)).toMatchObject({
        attempts: 2,
        lastError: expect.stringMatching(/^PublishDeniedError: .*events\.note\.written/),
      }),
    );
    expect(await outbox.setAside()).toEqual([]);

    await broker.kill();
    await restart(broker, settings('events.note.written'));
    await eventually(async () => expect(await notebook.unpublished()).toBe(0), { timeout: SOON });
    log = await NoteLog.open(broker.url);
    expect((await log.notes(2)).get('ada')).toEqual([1, 2]);
  });
});
