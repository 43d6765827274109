import type { NotificationSent } from '@app/contracts';
import { CloudEventHeader, Replays } from '@cascade/jetstream';
import { describeStores, eventually } from '@cascade/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { MailServer } from '../../test/mail-server.js';
import { SignupChannels } from '../../test/signup-channels.js';
import { startNotifier, type StartedNotifier } from '../../test/start-notifier.js';
import { deliveries } from '../delivery-log/schema.js';

let channels: SignupChannels;

beforeAll(async () => {
  channels = await SignupChannels.start();
}, 120_000);

afterAll(async () => {
  await channels?.stop();
});

describe('notifier', () => {
  describeStores((databases) => {
    let mailServer: MailServer;
    let notifier: StartedNotifier;

    beforeAll(async () => {
      mailServer = await MailServer.start();
      notifier = await startNotifier({
        natsUrl: channels.natsUrl,
        smtpUrl: mailServer.url,
        database: await databases.create(),
      });
    });

    beforeEach(() => {
      mailServer.mails.splice(0);
    });

    afterAll(async () => {
      await notifier?.app.close();
      await mailServer?.stop();
    });

    it('mails a user without a phone number, and announces it', async () => {
      const { user, eventId } = await channels.publishSignup({ name: 'Ada', email: 'ada@example.com' });

      const sent = await channels.sentFor(eventId);

      expect(mailServer.mails).toHaveLength(1);
      const { recipients, headers, body } = mailServer.mails[0]!;
      expect(recipients).toEqual(['ada@example.com']);
      expect(headers).toEqual(
        expect.arrayContaining([
          'To: Ada <ada@example.com>',
          'Subject: Welcome to Cascade',
          `Message-ID: <${eventId}@cascade.localhost>`,
        ]),
      );
      expect(body).toContain('Hello Ada,');
      expect(sent.headers?.get(CloudEventHeader.causationId)).toBe(eventId);
      expect(sent.json<NotificationSent>()).toEqual({
        userId: user.userId,
        channel: 'email',
        recipient: 'a**@example.com',
        providerMessageId: `<${eventId}@cascade.localhost>`,
        sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
    });

    it('texts a user with a phone number: in development by way of the mail catcher', async () => {
      const { eventId } = await channels.publishSignup({ phone: '+14155550123' });

      const sent = await channels.sentFor(eventId);

      expect(mailServer.mails.map(({ recipients }) => recipients)).toEqual([['+14155550123@text.localhost']]);
      expect(mailServer.mails[0]!.body).toContain('Hello Ada, welcome to Cascade.');
      expect(sent.json<NotificationSent>()).toMatchObject({ channel: 'text', recipient: '+1415*****23' });
    });

    it('lets a hostile name change neither recipients nor headers', async () => {
      const { eventId } = await channels.publishSignup({ name: '<b>Ada\r\nBcc: eve@evil.example' });

      await channels.sentFor(eventId);

      const { recipients, headers, body } = mailServer.mails[0]!;
      expect(recipients).toEqual(['ada@example.com']);
      expect(headers.filter((header) => /^(bcc|cc):/i.test(header))).toEqual([]);
      expect(body).toContain('<p>Hello &lt;b&gt;Ada Bcc: eve@ evil. example,</p>');
    });

    it('sends one mail for an event that is delivered 200 times, and announces the same each time', async () => {
      const { user, eventId } = await channels.publishSignup();
      const repeats = Array.from({ length: 199 }, () => channels.publishSignup(user, eventId));
      await Promise.all(repeats);

      const announced = () =>
        channels.sent
          .filter(({ headers }) => headers?.get(CloudEventHeader.causationId) === eventId)
          .map((message) => message.string());
      await eventually(() => expect(announced()).toHaveLength(200));

      expect(mailServer.mails).toHaveLength(1);
      expect(new Set(announced()).size).toBe(1);
      expect(channels.failures).toEqual([]);
    });

    it('sends nothing again when the channel is replayed to it', async () => {
      const { user, eventId } = await channels.publishSignup();
      await channels.sentFor(eventId);
      const before = channels.sent.length;

      const replays = notifier.app.get(Replays, { strict: false });
      const selection = { processor: 'notifier', event: 'user.signed-up', since: new Date(user.signedUpAt) };
      await replays.replayChannel(selection, { by: 'spec', reason: 'to see' });
      await eventually(() => expect(channels.sent.length).toBe(before + 1));

      expect(mailServer.mails).toHaveLength(1);
    });

    it('waits for a delivery of the same event that is under way, and takes over from one that died', async () => {
      const eventId = randomUUID();
      const { db } = notifier.store;
      await db.insert(deliveries).values({ eventId, claim: randomUUID() });

      await channels.publishSignup({}, eventId);
      await channels.retryFor(eventId);
      expect(mailServer.mails).toEqual([]);

      await db.update(deliveries).set({ claimedAt: sql`now() - interval '20 seconds'` });
      await channels.sentFor(eventId);
      expect(mailServer.mails).toHaveLength(1);
    });

    it('keeps neither address nor name of those whom it wrote to', async () => {
      const { eventId } = await channels.publishSignup({ email: 'grace@example.com', name: 'Hopper' });
      await channels.sentFor(eventId);

      const rows = JSON.stringify(await notifier.store.db.select().from(deliveries));

      expect(rows).toContain('g**@example.com');
      expect(rows).not.toMatch(/grace|Hopper|4155550123/);
    });

    it('tells how it is: with its database and its processor', async () => {
      expect(await notifier.health()).toEqual({
        status: 200,
        body: {
          status: 'ready',
          checks: {
            nats: { state: 'up' },
            database: { state: 'up' },
            processors: { state: 'up' },
            pauses: { state: 'up' },
            publishes: { state: 'up' },
            unread: { state: 'up' },
          },
        },
      });
    });
  });
});
