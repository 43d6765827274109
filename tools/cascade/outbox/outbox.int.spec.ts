import type { Broker } from '@cascade/embedded-broker';
import { UserSignedUp } from '@app/contracts';
import { JetStreamModule } from '@cascade/jetstream';
import { outbox, OutboxModule, RemoteOutbox } from '@cascade/outbox';
import { Store, StoreModule } from '@cascade/store';
import { createMicroservice, describeStores, eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Finding } from '../doctor/finding.js';
import { runCascade } from '../test/session.js';
import { showAll, type Outboxes } from './outboxes.js';

const ERROR = 'PublishRefusedError: too large \u001b[31mfor the broker';

describeStores((databases, _kind, isFastest) => {
  let broker: Broker;
  let service: INestMicroservice;
  let store: Store;

  beforeAll(async () => {
    broker = await startTestBroker();
    const database = await databases.createFor({ outbox });
    service = await createMicroservice({
      module: class Signup {},
      imports: [
        JetStreamModule.forRoot({ source: 'signup', servers: broker.url, publishes: [UserSignedUp] }),
        StoreModule.forRoot({ schema: { outbox }, ...database }),
        OutboxModule.forRoot(),
      ],
    });
    await service.listen();
    store = service.get(Store);
    await eventually(async () => expect((await run()).code).toBe(0));
  }, 60_000);
  afterAll(async () => {
    await service?.close();
    await broker?.stop();
  });
  beforeEach(() => store.db.delete(outbox).then(() => undefined));

  const run = (...args: string[]) => runCascade(['outbox', ...args], { env: { NATS_URL: broker.url } });
  const add = async (state: Partial<typeof outbox.$inferInsert>): Promise<string> => {
    const id = randomUUID();
    const row = { id, key: id, name: 'user.signed-up', version: 1, data: { email: 'ada@example.com' } };
    await store.db.insert(outbox).values({ ...row, correlationId: id, ...state });
    return id;
  };
  const setAside = () => add({ setAsideAt: new Date(), attempts: 1, lastError: ERROR });
  const hold = () => add({ leasedUntil: new Date(Date.now() + 60_000), attempts: 2, lastError: 'full' });

  it('shows waiting and set aside events with the reasons, without their data', async () => {
    expect((await run()).stdout).toBe(
      'app     waiting  oldest  set aside\nsignup        0       -          0\n',
    );
    const [refused, waiting] = [await setAside(), await hold()];
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nsignup +1 +\d+ ms +1\n/);
    expect(stdout).toContain(
      `\nThe oldest waiting event in signup, ${waiting} (user.signed-up), failed 2 times: full\n`,
    );
    expect(stdout).toMatch(
      new RegExp(
        `\n${refused} +signup +user\\.signed-up +\\d{4}-\\S+Z +PublishRefusedError: too large +\\[31mfor`,
      ),
    );
    expect(stdout).not.toContain('ada@example.com');

    const json = JSON.parse((await run('show', '--app', 'signup', '--json')).stdout) as Outboxes;
    expect(json).toMatchObject({
      outboxes: [{ app: 'signup', waiting: 1, oldest: { id: waiting }, setAside: 1 }],
      silent: [],
      failed: [],
    });
  });

  it('puts back all set-aside events, or the named events, and publishes them', async () => {
    const [first, second] = [await setAside(), await setAside()];
    expect(await run('put-back', first, '--reason', 'corrected')).toMatchObject({
      code: 0,
      stdout: '1 event put back.\n',
    });
    expect((await run('put-back', first, randomUUID())).stdout).toBe(
      '0 events put back.\nUnchanged, because they are not set aside in signup: 2.\n',
    );
    expect(await run('put-back', '--json')).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify({ app: 'signup', changed: 1 }, null, 2)}\n`,
    });
    await eventually(async () => {
      const rows = await store.db.select().from(outbox);
      expect(rows.map(({ id, publishedAt }) => [id, publishedAt !== null]).sort()).toEqual(
        [first, second].sort().map((id) => [id, true]),
      );
    });
  });

  it('drops named events that are set aside, for a reason', async () => {
    const [refused, waiting] = [await setAside(), await hold()];
    expect(await run('drop', refused)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    const { code, stdout } = await run('drop', refused, waiting, '--by', 'ann', '--reason', 'sent by hand');
    expect(code).toBe(1);
    expect(stdout).toBe('1 event dropped.\nUnchanged, because they are not set aside in signup: 1.\n');
    expect(await store.db.$count(outbox)).toBe(1);
  });

  it('is checked by doctor', async () => {
    await setAside();
    const { stdout } = await runCascade(['doctor', '--json'], { env: { NATS_URL: broker.url, PATH: '' } });
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    expect(findings.filter(({ about }) => about === 'outbox')).toMatchObject([
      { level: 'fault', says: 'signup: 1 event set aside because the broker refused them permanently' },
    ]);
  });

  it('says what to do if an id or an app is wrong, or no service answers', async () => {
    expect(await run('put-back', '17')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^"17" is not the id of an event\.\n/),
    });
    expect(await run('--app', 'singup')).toMatchObject({
      code: 2,
      stderr: 'No app called "singup" publishes initiating events.\nDid you mean signup?\n',
    });
    const elsewhere = await startTestBroker();
    try {
      for (const command of ['show', 'put-back']) {
        const ended = await runCascade(['outbox', command], { env: { NATS_URL: elsewhere.url } });
        expect(ended).toMatchObject({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(/^No service answers for the outbox of signup\.\nStart the app/),
        });
      }
    } finally {
      await elsewhere.stop();
    }
  });

  // The specs below test services that do not answer. The result does not depend on the store, so the fastest store is enough.
  if (!isFastest) return;

  it('shows the other outboxes if one service does not answer', async () => {
    const client = await connect({ servers: broker.url });
    client.subscribe('cascade.outbox.stuck');
    await client.flush();
    try {
      const all = ['stuck', 'signup'].map((app) => ({ app, remote: new RemoteOutbox(client, app) }));
      expect(await showAll(all, 0)).toEqual({
        outboxes: [{ app: 'signup', waiting: 0, setAside: 0, setAsideEvents: [] }],
        silent: [],
        failed: [{ app: 'stuck', reason: expect.stringMatching(/^stuck did not answer for its outbox/) }],
      });
    } finally {
      await client.close();
    }
  });

  it('names the service that does not answer, and possible causes', async () => {
    const elsewhere = await startTestBroker();
    const client = await connect({ servers: elsewhere.url });
    const env = { NATS_URL: elsewhere.url, PATH: '' };
    client.subscribe('cascade.outbox.signup');
    await client.flush();
    try {
      const reason = /^signup did not answer for its outbox within 5 s: its database .* publish to .*\n$/;
      expect(await runCascade(['outbox'], { env })).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(reason),
        stderr: '',
      });
      expect(await runCascade(['outbox', 'put-back'], { env })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(reason),
      });
      const { stdout } = await runCascade(['doctor', '--json'], { env });
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      expect(findings.filter(({ about }) => about === 'outbox')).toMatchObject([
        { level: 'fault', says: expect.stringMatching(/^signup did not answer for its outbox/) },
      ]);
    } finally {
      await client.close();
      await elsewhere.stop();
    }
  });
});
