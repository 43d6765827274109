import { NotificationSent, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { ProcessorPaused, ProcessorResumed } from '@cascade/jetstream';
import {
  createEmbeddedDatabase,
  eventually,
  startTestBroker,
  TestChannels,
  type EmbeddedDatabase,
} from '@cascade/testing';
import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MailServer } from '../../test/mail-server.js';
import { signup } from '../../test/signup.js';
import { startNotifier, type StartedNotifier } from '../../test/start-notifier.js';

/** Timeout for the mail server in the specs, in milliseconds. The default is 10 s. */
const ANSWER_WITHIN_MS = 300;
/** Number of different events that must fail before a processor pauses. */
const FAILURES_THAT_PAUSE = 20;

let broker: Broker;
let channels: TestChannels;
let database: EmbeddedDatabase;
let mailServer: MailServer;
let notifier: StartedNotifier;

beforeAll(async () => {
  broker = await startTestBroker();
  channels = await TestChannels.connect(broker.url);
  database = await createEmbeddedDatabase();
}, 120_000);

afterAll(async () => {
  await channels?.close();
  await broker?.stop();
  await database?.remove();
});

beforeEach(async () => {
  mailServer = await MailServer.start();
  notifier = await start(mailServer.url);
});

afterEach(async () => {
  await notifier.stop();
  await mailServer.stop();
});

describe('The notifier, if the mail server', () => {
  it('refuses connections, retries and sends one message', async () => {
    const { port } = mailServer;
    await mailServer.stop();
    const id = await channels.publish(signup());
    await channels.retried('notifier', id);

    mailServer = await MailServer.start({ port });
    await channels.published(NotificationSent, { causedBy: id });

    expect(mailServer.mails).toHaveLength(1);
  });

  it('answers 421, retries and sends one message', async () => {
    mailServer.behaviour = { code: 421, message: 'Try again later' };
    const id = await channels.publish(signup());
    await channels.retried('notifier', id);

    mailServer.behaviour = 'accept';
    await channels.published(NotificationSent, { causedBy: id });

    expect(mailServer.mails).toHaveLength(1);
  });

  it('answers 550, dead-letters the event on the first attempt, with the reason', async () => {
    mailServer.behaviour = { code: 550, message: 'No such user here' };
    const user = signup();
    const id = await channels.publish(user);

    const { data: failure } = await channels.failed(UserSignedUp, 'notifier', { causedBy: id });

    expect(failure).toMatchObject({ processor: 'notifier', reason: 'unrecoverable', attempts: 1 });
    expect(failure.error).toMatchObject({
      name: 'MessageRefusedError',
      message: expect.stringContaining('550 No such user here'),
    });
    expect(failure.original.body?.data).toContain(user.userId);
    expect(mailServer.refusals).toBe(1);
  });

  it('accepts a message but does not answer, gives up after the timeout and retries', async () => {
    mailServer.behaviour = 'hang';
    const id = await channels.publish(signup());
    await channels.retried('notifier', id);

    mailServer.behaviour = 'accept';
    await channels.published(NotificationSent, { causedBy: id });

    expect(mailServer.mails).toHaveLength(1);
  });

  it('accepts a message and drops the connection, sends the message at most once more, under the same Message-ID', async () => {
    mailServer.behaviour = 'drop';
    const user = signup();
    const id = await channels.publish(user);
    await channels.retried('notifier', id);

    mailServer.behaviour = 'accept';
    const { data } = await channels.published(NotificationSent, { causedBy: id });

    const messageId = `<${id}@cascade.localhost>`;
    expect(mailServer.mails).toHaveLength(2);
    for (const { headers } of mailServer.mails) expect(headers).toContain(`Message-ID: ${messageId}`);
    expect(data).toMatchObject({ userId: user.userId, providerMessageId: messageId });
    await channels.nothingMore();
  });

  it('refuses the password, pauses, dead-letters no event, and sends all messages after the correction', async () => {
    await notifier.stop();
    await mailServer.stop();
    mailServer = await MailServer.start({ login: { user: 'cascade', password: 'another' } });
    notifier = await start(`smtp://cascade:secret@127.0.0.1:${mailServer.port}`);
    const ids = await Promise.all(
      Array.from({ length: FAILURES_THAT_PAUSE + 5 }, () => channels.publish(signup())),
    );

    await eventually(async () => {
      expect(await notifier.health()).toMatchObject({
        status: 200,
        body: { status: 'ready', checks: { pauses: { state: 'down' } } },
      });
    });
    mailServer.login = { user: 'cascade', password: 'secret' };
    for (const id of ids) await channels.published(NotificationSent, { causedBy: id });

    expect(mailServer.mails).toHaveLength(ids.length);
    await channels.published(ProcessorPaused);
    await channels.published(ProcessorResumed);
    await channels.nothingMore();
  });
});

async function start(smtpUrl: string): Promise<StartedNotifier> {
  return startNotifier({
    natsUrl: broker.url,
    smtpUrl: `${smtpUrl}?socketTimeout=${ANSWER_WITHIN_MS}`,
    database,
  });
}
