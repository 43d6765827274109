import type { NotificationSent } from '@app/contracts';
import { copyPgliteTemplate, eventually } from '@cascade/testing';
import { afterEach, afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MailServer } from '../../test/mail-server.js';
import { SignupChannels } from '../../test/signup-channels.js';
import { startNotifier, type StartedNotifier } from '../../test/start-notifier.js';

/** In place of the 10 s that a mail server has to answer. */
const ANSWER_WITHIN_MS = 300;
/** So many different events must fail before a processor pauses. */
const FAILURES_THAT_PAUSE = 20;

let channels: SignupChannels;
let dataDir: string;
let mailServer: MailServer;
let notifier: StartedNotifier;

beforeAll(async () => {
  channels = await SignupChannels.start();
  dataDir = await mkdtemp(join(tmpdir(), 'cascade-notifier-'));
  await copyPgliteTemplate(dataDir);
}, 120_000);

afterAll(async () => {
  await channels?.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

beforeEach(async () => {
  mailServer = await MailServer.start();
  notifier = await start(mailServer.url);
  channels.failures.splice(0);
});

afterEach(async () => {
  await notifier.app.close();
  await mailServer.stop();
});

describe('notifier, where the mail server', () => {
  it('refuses connections: tries again, and sends one mail', async () => {
    const { port } = mailServer;
    await mailServer.stop();
    const { eventId } = await channels.publishSignup();
    await channels.retryFor(eventId);

    mailServer = await MailServer.start({ port });
    await channels.sentFor(eventId);

    expect(mailServer.mails).toHaveLength(1);
  });

  it('answers 421: tries again, and sends one mail', async () => {
    mailServer.behaviour = { code: 421, message: 'Try again later' };
    const { eventId } = await channels.publishSignup();
    await channels.retryFor(eventId);

    mailServer.behaviour = 'accept';
    await channels.sentFor(eventId);

    expect(mailServer.mails).toHaveLength(1);
  });

  it('answers 550: dead-letters at the first attempt, with the reason', async () => {
    mailServer.behaviour = { code: 550, message: 'No such user here' };
    const { user, eventId } = await channels.publishSignup();

    const failure = await channels.failureFor(eventId);

    expect(failure).toMatchObject({ processor: 'notifier', reason: 'unrecoverable', attempts: 1 });
    expect(failure.error).toMatchObject({
      name: 'MessageRefusedError',
      message: expect.stringContaining('550 No such user here'),
    });
    expect(failure.original.body?.data).toContain(user.userId);
    expect(mailServer.refusals).toBe(1);
  });

  it('takes a mail and says nothing: gives up after the time-out, and tries again', async () => {
    mailServer.behaviour = 'hang';
    const { eventId } = await channels.publishSignup();
    await channels.retryFor(eventId);

    mailServer.behaviour = 'accept';
    await channels.sentFor(eventId);

    expect(mailServer.mails).toHaveLength(1);
  });

  it('takes a mail and goes away without an answer: sends at most one more, under the same Message-ID', async () => {
    mailServer.behaviour = 'drop';
    const { user, eventId } = await channels.publishSignup();
    await channels.retryFor(eventId);

    mailServer.behaviour = 'accept';
    const sent = await channels.sentFor(eventId);

    const messageId = `<${eventId}@cascade.localhost>`;
    expect(mailServer.mails).toHaveLength(2);
    for (const { headers } of mailServer.mails) expect(headers).toContain(`Message-ID: ${messageId}`);
    expect(sent.json<NotificationSent>()).toMatchObject({
      userId: user.userId,
      providerMessageId: messageId,
    });
    expect(channels.failures).toEqual([]);
  });

  it('refuses the password: pauses, dead-letters nobody, and sends all mails when it is put right', async () => {
    await notifier.app.close();
    await mailServer.stop();
    mailServer = await MailServer.start({ login: { user: 'cascade', password: 'another' } });
    notifier = await start(`smtp://cascade:secret@127.0.0.1:${mailServer.port}`);
    const signups = await Promise.all(
      Array.from({ length: FAILURES_THAT_PAUSE + 5 }, () => channels.publishSignup()),
    );

    await eventually(async () => {
      expect(await notifier.health()).toMatchObject({
        status: 200,
        body: {
          status: 'ready',
          checks: { pauses: { state: 'down' } },
        },
      });
    });
    mailServer.login = { user: 'cascade', password: 'secret' };
    for (const { eventId } of signups) await channels.sentFor(eventId);

    expect(mailServer.mails).toHaveLength(signups.length);
    expect(channels.failures).toEqual([]);
  });
});

async function start(smtpUrl: string): Promise<StartedNotifier> {
  return startNotifier({
    natsUrl: channels.natsUrl,
    smtpUrl: `${smtpUrl}?socketTimeout=${ANSWER_WITHIN_MS}`,
    database: { dataDir },
  });
}
