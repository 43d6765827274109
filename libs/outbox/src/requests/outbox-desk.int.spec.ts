import type { Broker, ServerSettings } from '@cascade/embedded-broker';
import { JetStreamConnection, outboxAnswersOf, PublishRefusedError, permissionsOf } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, recordLog, startTestBroker } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import { Logger, type INestMicroservice } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { Notebook, schema } from '../../test/notebook.js';
import { startNotebookService } from '../../test/notebook-service.js';
import { NoteWritten } from '../../test/note-written.js';
import { outbox } from '../outbox/outbox-table.js';
import { Outbox } from '../outbox/outbox.js';
import { OutboxDesk } from './outbox-desk.js';
import { NoOutboxError, OutboxTimeoutError, RemoteOutbox } from './remote-outbox.js';

const REASON = { by: 'ann', reason: 'the limit was raised' };

const service = (source: string) => ({ source, publishes: [NoteWritten] });

const withoutAnswers = (subjects: string[]) =>
  subjects.filter((subject) => subject !== outboxAnswersOf('notebook'));

let broker: Broker;
let operator: NatsConnection;
beforeAll(async () => {
  const least = permissionsOf(service('notebook'), []);
  const users: ServerSettings[] = [
    { user: 'operator', password: 'x' },
    { user: 'notebook', password: 'x', permissions: { ...least } },
    { user: 'deaf', password: 'x', permissions: { ...least, subscribe: ['_INBOX_notebook.>'] } },
    { user: 'mute', password: 'x', permissions: { ...least, publish: withoutAnswers(least.publish) } },
    { user: 'other', password: 'x', permissions: { ...permissionsOf(service('other'), []) } },
  ];
  broker = await startTestBroker({ settings: { authorization: { users }, no_auth_user: 'operator' } });
  operator = await connect({ servers: broker.url, noAsyncTraces: true });
}, 60_000);
afterAll(async () => {
  await operator?.close();
  await broker?.stop();
});

describeStores((databases, kind, isFastest) => {
  const services: INestMicroservice[] = [];
  let store: Parameters<typeof startNotebookService>[0]['store'];
  let remote: RemoteOutbox;

  beforeEach(async () => {
    store = await databases.createFor(schema);
    remote = new RemoteOutbox(operator, 'notebook');
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
    Logger.overrideLogger(true);
  });

  const urlAs = (user: string) => `nats://${user}:x@127.0.0.1:${broker.port}`;
  /** @param user Name of the broker user. The default user may provision. */
  const start = async (user = 'operator') => {
    const access = { servers: urlAs(user), provision: user === 'operator' };
    const service = await startNotebookService({ store, broker: access });
    services.push(service);
    await eventually(() => remote.show(0));
    return new Notebook(service.get<Store<typeof schema>>(Store));
  };
  /** Adds events in the state of events that the broker has refused permanently. Returns their ids. */
  const setAside = async (notebook: Notebook, count: number): Promise<string[]> => {
    const error = new PublishRefusedError('larger than\nthe limit');
    const rows = Array.from({ length: count }, (_, number) => {
      const id = randomUUID();
      const data = { author: 'ada', number };
      const refused = { setAsideAt: new Date(), attempts: 1, lastError: String(error) };
      return { id, key: 'ada', name: 'note.written', version: 2, data, correlationId: id, ...refused };
    });
    await notebook.store.db.insert(outbox).values(rows);
    return rows.map(({ id }) => id);
  };
  /** Adds an event that seems to be leased by another relay. */
  const hold = async (notebook: Notebook, id: string): Promise<void> => {
    const held = { leasedUntil: new Date(Date.now() + 60_000), createdAt: new Date(Date.now() - 60_000) };
    const error = 'PublishTimeoutError: maximum bytes exceeded';
    await notebook.store.db.insert(outbox).values({
      id,
      key: id,
      name: 'note.written',
      version: 2,
      data: {},
      correlationId: id,
      attempts: 3,
      lastError: error,
      ...held,
    });
  };

  it('shows how many events wait or are set aside, and why', async () => {
    const notebook = await start();
    expect(await remote.show(10)).toEqual({ waiting: 0, setAside: 0, setAsideEvents: [] });
    const [first = ''] = await setAside(notebook, 3);
    const waiting = randomUUID();
    await hold(notebook, waiting);
    expect(await remote.show(1)).toEqual({
      waiting: 1,
      oldest: {
        id: waiting,
        event: 'note.written',
        addedAt: expect.any(String),
        attempts: 3,
        error: 'PublishTimeoutError: maximum bytes exceeded',
      },
      setAside: 3,
      setAsideEvents: [
        {
          id: first,
          event: 'note.written',
          addedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          attempts: 1,
          error: 'PublishRefusedError: larger than the limit',
        },
      ],
    });
  });

  it('puts back set-aside events, by id or all of them, and logs the author and the reason', async () => {
    const notebook = await start();
    const [first = '', ...others] = await setAside(notebook, 3);
    const lines = recordLog();
    expect(await remote.putBack([first, randomUUID()], REASON)).toBe(1);
    await eventually(async () => expect((await notebook.rowOf(first))?.publishedAt).not.toBeNull());
    expect(await remote.putBack(undefined, REASON)).toBe(2);
    await eventually(async () => expect(await notebook.unpublished()).toBe(0));
    expect(others).toHaveLength(2);
    expect(lines()).toEqual([
      'log: 1 event that was set aside, put back for ann: the limit was raised',
      'log: 2 events that were set aside, put back for ann: the limit was raised',
    ]);
  });

  it('drops only set-aside events, and logs their ids and names, the author and the reason', async () => {
    const notebook = await start();
    const [dropped = '', kept = ''] = await setAside(notebook, 2);
    const waiting = randomUUID();
    await hold(notebook, waiting);
    const lines = recordLog();
    expect(await remote.drop([dropped, waiting], { by: 'ann', reason: 'sent by hand' })).toBe(1);
    expect(await notebook.rowOf(dropped)).toBeUndefined();
    expect(await notebook.rowOf(waiting)).toBeDefined();
    expect(await notebook.rowOf(kept)).toBeDefined();
    expect(lines()).toEqual([
      `warn: event ${dropped} (note.written), which was set aside, dropped for ann: sent by hand`,
    ]);
  });

  it('is down in /health/ready if an event has waited for 10 s or is set aside', async () => {
    const notebook = await start();
    const box = services[0]!.get(Outbox);
    await box.ready();
    const waiting = randomUUID();
    await hold(notebook, waiting);
    await expect(box.ready()).rejects.toThrow(
      /^1 event waiting, the oldest since \d{4}-.*Z \(`node cascade outbox`\)$/,
    );
    await notebook.store.db.delete(outbox).where(eq(outbox.id, waiting));
    await setAside(notebook, 2);
    await expect(box.ready()).rejects.toThrow(/^2 events set aside \(`node cascade outbox`\)$/);
    await notebook.store.db.delete(outbox);
    await notebook.store.db.execute(sql`
      insert into outbox (id, key, name, version, data, correlation_id, leased_until, created_at)
      select gen_random_uuid(), n, 'note.written', 2, '{}', n, now() + interval '1 minute', now() - interval '1 minute'
      from generate_series(1, 12000) n`);
    await expect(box.ready()).rejects.toThrow(/^10,000 or more events waiting/);
    expect(await remote.show(0)).toMatchObject({ waiting: 12_000 });
  });

  // Only one process at a time can open an embedded database.
  if (kind === 'postgres') {
    it('is answered by one of the replicas', async () => {
      await start();
      const notebook = await start();
      for (const id of await setAside(notebook, 10)) expect(await remote.drop([id], REASON)).toBe(1);
    });
  }

  // The messages do not depend on the store.
  if (!isFastest) return;

  it('works with the rights that follow from the declarations, and with no other rights', async () => {
    await start('notebook');
    expect(await remote.show(10)).toMatchObject({ waiting: 0 });

    const other = await connect({ servers: urlAs('other'), user: 'other', pass: 'x', noAsyncTraces: true });
    try {
      const forged = new RemoteOutbox(other, 'notebook').drop([randomUUID()], REASON);
      await expect(forged).rejects.toMatchObject({ cause: expect.any(errors.PermissionViolationError) });
    } finally {
      await other.close();
    }
  });

  it('logs which rights are missing if it cannot subscribe', async () => {
    const lines = recordLog();
    const connection = new JetStreamConnection({ source: 'notebook', servers: urlAs('deaf') });
    const desk = new OutboxDesk(connection, new Notebook(await databases.open({ schema })).outbox);
    desk.onApplicationBootstrap();
    await eventually(() =>
      expect(lines()).toContainEqual(
        expect.stringMatching(
          /^warn: `node cascade outbox` cannot reach this service: .*subscribe to cascade\.outbox\.notebook and to publish to cascade\.outbox\.notebook\.answer\.\*, /,
        ),
      ),
    );
    await desk.beforeApplicationShutdown();
    await connection.close();
  });

  it('names the possible causes if the service may not answer', async () => {
    const connection = new JetStreamConnection({ source: 'notebook', servers: urlAs('mute') });
    const desk = new OutboxDesk(connection, new Notebook(await databases.open({ schema })).outbox);
    desk.onApplicationBootstrap();
    const answer = eventually(() =>
      remote.show(0).catch((error: unknown) => {
        if (error instanceof NoOutboxError) throw error;
        return error;
      }),
    );
    const error = (await answer) as Error;
    expect(error).toBeInstanceOf(OutboxTimeoutError);
    expect(error.message).toMatch(/^notebook did .* database .* cascade\.outbox\.notebook\.answer\.\*$/);
    await desk.beforeApplicationShutdown();
    await connection.close();
  });

  it('does not answer after its service has ended, and refuses invalid requests', async () => {
    await start();
    await expect(remote.show(501)).rejects.toThrow('notebook: limit must be a whole number from 0 to 500');
    await services.splice(0)[0]!.close();
    await expect(remote.show(0)).rejects.toThrow(NoOutboxError);
  });
});
