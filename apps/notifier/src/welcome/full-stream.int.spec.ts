import { NotificationSent } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { EVENTS_STREAM } from '@cascade/jetstream';
import {
  createEmbeddedDatabase,
  eventually,
  startTestBroker,
  TestChannels,
  type EmbeddedDatabase,
} from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { MailServer } from '../../test/mail-server.js';
import { signup } from '../../test/signup.js';
import { startNotifier } from '../../test/start-notifier.js';

let broker: Broker;
let channels: TestChannels;
let client: NatsConnection;
let manager: JetStreamManager;
let mailServer: MailServer;
let database: EmbeddedDatabase;

beforeAll(async () => {
  broker = await startTestBroker();
  channels = await TestChannels.connect(broker.url);
  client = await connect({ servers: broker.url });
  manager = await jetstreamManager(client);
  mailServer = await MailServer.start();
  database = await createEmbeddedDatabase();
}, 120_000);

afterAll(async () => {
  await mailServer?.stop();
  await client?.close();
  await channels?.close();
  await broker?.stop();
  await database?.remove();
});

it('The notifier stays ready while EVENTS is full, reports that its publishes wait, and sends each message once', async () => {
  const start = () => startNotifier({ natsUrl: broker.url, smtpUrl: mailServer.url, database });
  await (await start()).stop();
  const ids = await Promise.all(Array.from({ length: 5 }, () => channels.publish(signup())));
  const { state } = await manager.streams.info(EVENTS_STREAM);
  // A start of the service does not reset this limit to the declared limit.
  await manager.streams.update(EVENTS_STREAM, { max_msgs: state.messages });
  const notifier = await start();
  try {
    await eventually(
      async () =>
        expect(await notifier.health()).toMatchObject({
          status: 200,
          body: { status: 'ready', checks: { publishes: { state: 'down' } } },
        }),
      { timeout: 20_000 },
    );

    await manager.streams.update(EVENTS_STREAM, { max_msgs: -1 });
    for (const id of ids) await channels.published(NotificationSent, { causedBy: id });
    await eventually(async () =>
      expect(await notifier.health()).toMatchObject({ body: { checks: { publishes: { state: 'up' } } } }),
    );
    expect(mailServer.mails).toHaveLength(ids.length);
  } finally {
    await notifier.stop();
  }
}, 60_000);
