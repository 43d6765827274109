import { EVENTS_STREAM } from '@cascade/jetstream';
import { copyPgliteTemplate, eventually } from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailServer } from '../../test/mail-server.js';
import { SignupChannels } from '../../test/signup-channels.js';
import { startNotifier } from '../../test/start-notifier.js';

let channels: SignupChannels;
let client: NatsConnection;
let manager: JetStreamManager;
let mailServer: MailServer;
let dataDir: string;

beforeAll(async () => {
  channels = await SignupChannels.start();
  client = await connect({ servers: channels.natsUrl });
  manager = await jetstreamManager(client);
  mailServer = await MailServer.start();
  dataDir = await mkdtemp(join(tmpdir(), 'cascade-notifier-'));
  await copyPgliteTemplate(dataDir);
}, 120_000);

afterAll(async () => {
  await mailServer?.stop();
  await client?.close();
  await channels?.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

it('notifier, where EVENTS is full: stays ready, reports that its publishes wait, and sends each mail once', async () => {
  const start = () =>
    startNotifier({ natsUrl: channels.natsUrl, smtpUrl: mailServer.url, database: { dataDir } });
  await (await start()).app.close();
  const signups = await Promise.all(Array.from({ length: 5 }, () => channels.publishSignup()));
  const { state } = await manager.streams.info(EVENTS_STREAM);
  // A limit that the service does not set to what it declares when it starts.
  await manager.streams.update(EVENTS_STREAM, { max_msgs: state.messages });
  const notifier = await start();
  try {
    await eventually(
      async () =>
        expect(await notifier.health()).toMatchObject({
          status: 200,
          body: {
            status: 'ready',
            checks: {
              publishes: { state: 'down' },
            },
          },
        }),
      { timeout: 20_000 },
    );

    await manager.streams.update(EVENTS_STREAM, { max_msgs: -1 });
    for (const { eventId } of signups) await channels.sentFor(eventId);
    await eventually(async () =>
      expect(await notifier.health()).toMatchObject({ body: { checks: { publishes: { state: 'up' } } } }),
    );
    expect(mailServer.mails).toHaveLength(signups.length);
  } finally {
    await notifier.app.close();
  }
}, 60_000);
