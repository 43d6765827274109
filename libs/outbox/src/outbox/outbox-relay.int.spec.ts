import { PublishDeniedError, PublishRefusedError } from '@cascade/jetstream';
import { describeStores, eventually, recordLog } from '@cascade/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { asc, eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Notebook, schema } from '../../test/notebook.js';
import { RecordingPublisher } from '../../test/recording-publisher.js';
import { outbox } from './outbox-table.js';

class StreamFull extends Error {}

describeStores((databases, _kind, isFastest) => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = new Notebook(await databases.open({ schema }));
  });
  beforeEach(async () => {
    Logger.overrideLogger(false);
    await db().delete(outbox);
  });
  afterEach(async () => {
    await notebook.stopRelays();
    Logger.overrideLogger(new ConsoleLogger());
  });

  const db = () => notebook.store.db;
  const rowOf = (id: string) => db().query.outbox.findFirst({ where: eq(outbox.id, id) });
  const allPublished = () => eventually(async () => expect(await notebook.unpublished()).toBe(0));

  it('publishes a committed event once, as it was added, and marks it', async () => {
    const [id = ''] = await notebook.write('ada', 1);
    const publisher = new RecordingPublisher();
    notebook.startRelay(publisher);
    await allPublished();

    const row = await rowOf(id);
    expect(publisher.published).toEqual([
      {
        id,
        name: 'note.written',
        version: 2,
        data: { author: 'ada', number: 1 },
        correlationId: id,
        causationId: undefined,
        time: row?.createdAt,
      },
    ]);
    expect(row).toMatchObject({ leasedUntil: null, leaseOwner: null, attempts: 0, lastError: null });
  });

  it('publishes immediately when it is woken', async () => {
    const publisher = new RecordingPublisher();
    const relay = notebook.startRelay(publisher);
    const start = Date.now();
    for (let number = 1; number <= 20; number++) {
      await notebook.write('ada', number);
      relay.wake();
      await eventually(() => expect(publisher.published).toHaveLength(number), { interval: 2 });
    }
    // With polling alone, each event would take about 250 ms.
    expect(Date.now() - start).toBeLessThan(20 * 200);
  });

  it('keeps the order within a key while it publishes different keys in parallel', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index);
    for (const number of numbers) {
      await notebook.write('ada', number);
      await notebook.write('bob', number);
    }
    let underWay = 0;
    let most = 0;
    const publisher = new RecordingPublisher(async () => {
      most = Math.max(most, ++underWay);
      await sleep(Math.random() * 5);
      underWay--;
    });
    notebook.startRelay(publisher);
    await allPublished();
    expect(publisher.numbersOf('ada')).toEqual(numbers);
    expect(publisher.numbersOf('bob')).toEqual(numbers);
    expect(most).toBe(2);
  });

  it('retries a failed event with the same id, and holds back only the later events of its key', async () => {
    const [failing = ''] = await notebook.write('ada', 1, 2, 3);
    await notebook.write('bob', 1, 2, 3);
    let broken = true;
    const publisher = new RecordingPublisher(async ({ id }) => {
      if (broken && id === failing) throw new StreamFull('of ada@example.com: stream is full');
    });
    notebook.startRelay(publisher);

    await eventually(async () => expect(await rowOf(failing)).toMatchObject({ attempts: 2 }));
    expect(await rowOf(failing)).toMatchObject({
      lastError: 'StreamFull: of a**@example.com: stream is full',
      publishedAt: null,
    });
    expect(publisher.numbersOf('bob')).toEqual([1, 2, 3]);
    expect(publisher.numbersOf('ada')).toEqual([]);

    broken = false;
    await allPublished();
    expect(publisher.numbersOf('ada')).toEqual([1, 2, 3]);
    expect(publisher.published.filter(({ id }) => id === failing)).toHaveLength(1);
  });

  it('sets aside an event that the broker refuses permanently, and publishes the later events of its key', async () => {
    const lines = recordLog();
    const [refused = ''] = await notebook.write('ada', 1, 2, 3);
    const publisher = new RecordingPublisher(async ({ id }) => {
      if (id === refused) throw new PublishRefusedError('too large');
    });
    const relay = notebook.startRelay(publisher);
    await eventually(() => expect(publisher.numbersOf('ada')).toEqual([2, 3]));
    const [row] = await eventually(async () => {
      const setAside = await notebook.outbox.setAside();
      expect(setAside).toHaveLength(1);
      return setAside;
    });
    await notebook.write('ada', 4);
    await eventually(() => expect(publisher.numbersOf('ada')).toEqual([2, 3, 4]));

    expect(row).toMatchObject({
      id: refused,
      lastError: 'PublishRefusedError: too large',
      attempts: 1,
      leasedUntil: null,
      publishedAt: null,
    });
    expect(Math.abs(Number(row?.setAsideAt) - Date.now())).toBeLessThan(10_000);
    expect(lines()).toEqual([
      `error: event ${refused} (note.written) is set aside, and the events behind it are published: PublishRefusedError: too large ` +
        `To publish it after all: node cascade outbox put-back ${refused}`,
    ]);
    await eventually(async () =>
      expect(await relay.backlog()).toEqual({ waiting: 0, oldestAge: 0, setAside: 1 }),
    );

    publisher.confirm = () => Promise.resolve();
    expect(await notebook.outbox.putBack([randomUUID()])).toBe(0);
    expect(await notebook.outbox.putBack([refused])).toBe(1);
    await allPublished();
    expect(publisher.numbersOf('ada')).toEqual([2, 3, 4, 1]);
    expect(await notebook.outbox.setAside()).toEqual([]);
  });

  it('keeps an event waiting if it is refused because a right is missing', async () => {
    const [denied = ''] = await notebook.write('ada', 1);
    const publisher = new RecordingPublisher(() => Promise.reject(new PublishDeniedError('no right')));
    const relay = notebook.startRelay(publisher);
    await eventually(async () => expect(await rowOf(denied)).toMatchObject({ attempts: 2 }));
    expect(await notebook.outbox.setAside()).toEqual([]);
    const { waiting, oldestAge } = await relay.backlog();
    expect(waiting).toBe(1);
    expect(oldestAge).toBeGreaterThan(200);

    publisher.confirm = () => Promise.resolve();
    await allPublished();
  });

  it('removes published rows immediately if they should not be kept', async () => {
    await notebook.write('ada', 1, 2);
    const publisher = new RecordingPublisher();
    notebook.startRelay(publisher, { keepPublished: 0 });
    await eventually(async () => expect(await db().$count(outbox)).toBe(0));
    expect(publisher.numbersOf('ada')).toEqual([1, 2]);
  });

  it('logs an outage of the database once, and publishes no event twice', async () => {
    const lines = recordLog();
    const publisher = new RecordingPublisher();
    // The database fails after the broker has confirmed the event, but before the row is marked as published.
    publisher.confirm = () => db().execute(sql`alter table outbox rename to away`);
    await notebook.write('ada', 1);
    notebook.startRelay(publisher);

    await eventually(() => expect(lines()).toHaveLength(1));
    await sleep(600);
    await db().execute(sql`alter table away rename to outbox`);
    await allPublished();
    publisher.confirm = () => Promise.resolve();
    await notebook.write('ada', 2);
    await allPublished();

    expect(publisher.numbersOf('ada')).toEqual([1, 2]);
    expect(lines()).toEqual([
      'error: the outbox cannot be read or written; trying again every 250 ms: relation "outbox" does not exist',
      'log: the outbox can be read and written again',
    ]);
  });

  // The behavior of the broker does not depend on the store.
  if (!isFastest) return;

  it('gives up on a hanging publish before its lease ends, and retries the publish', async () => {
    await notebook.write('ada', 1, 2);
    const publisher = new RecordingPublisher();
    publisher.confirm = () => (publisher.tries === 1 ? new Promise(() => undefined) : Promise.resolve());
    notebook.startRelay(publisher, { lease: 600 });
    await allPublished();
    expect(publisher.numbersOf('ada')).toEqual([1, 2]);
  });

  it('logs an outage of the broker once, and its end', async () => {
    const lines = recordLog();
    await notebook.write('ada', 1);
    await notebook.write('bob', 1);
    const publisher = new RecordingPublisher(() => Promise.reject(new Error('no broker')));
    const relay = notebook.startRelay(publisher);
    await eventually(() => expect(publisher.tries).toBeGreaterThanOrEqual(4));
    publisher.confirm = () => Promise.resolve();
    relay.wake();
    await allPublished();
    expect(lines()).toEqual([
      'error: events cannot be published and wait in the outbox: Error: no broker',
      'log: events are published again',
    ]);
  });

  it('publishes the rows in flight before it stops, and claims no more rows', async () => {
    await notebook.write('ada', 1);
    let confirm: () => void = () => undefined;
    const publisher = new RecordingPublisher(() => new Promise<void>((resolve) => (confirm = resolve)));
    const relay = notebook.startRelay(publisher);
    await eventually(() => expect(publisher.tries).toBe(1));
    await notebook.write('bob', 1);

    const stopped = relay.stop();
    confirm();
    await stopped;
    const rows = await db().select().from(outbox).orderBy(asc(outbox.position));
    expect(rows.map(({ key, publishedAt }) => [key, publishedAt !== null])).toEqual([
      ['ada', true],
      ['bob', false],
    ]);
  });

  it('stops even if the broker does not answer, and leaves the event to the next relay', async () => {
    await notebook.write('ada', 1);
    const publisher = new RecordingPublisher(() => new Promise(() => undefined));
    const relay = notebook.startRelay(publisher);
    await eventually(() => expect(publisher.tries).toBe(1));
    const start = Date.now();
    await relay.stop();
    expect(Date.now() - start).toBeLessThan(4_000);

    const next = new RecordingPublisher();
    notebook.startRelay(next);
    await allPublished();
    expect(next.numbersOf('ada')).toEqual([1]);
  });
});
