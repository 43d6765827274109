import { NotificationSent } from '@app/contracts';
import { derivedEventId, newEventId, Replays } from '@cascade/jetstream';
import { describeProcessor, describeStores, eventually } from '@cascade/testing';
import { beforeEach, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { MailServer } from '../../test/mail-server.js';
import { signup } from '../../test/signup.js';
import { startNotifier } from '../../test/start-notifier.js';
import { deliveries } from '../delivery-log/schema.js';

describeStores((databases) => {
  const start = async (natsUrl: string) => {
    const mailServer = await MailServer.start();
    const database = await databases.create();
    const notifier = await startNotifier({ natsUrl, smtpUrl: mailServer.url, database });
    const stop = async () => {
      await notifier.stop();
      await mailServer.stop();
    };
    return { ...notifier, mailServer, stop };
  };

  describeProcessor('notifier', start, (test) => {
    beforeEach(() => {
      test.service.mailServer.mails.splice(0);
    });

    it('sends an e-mail to a user without a phone number, and announces the message', async () => {
      const user = signup({ name: 'Ada', email: 'ada@example.com' });
      const eventId = await test.channels.publish(user);

      const sent = await test.channels.published(NotificationSent, { causedBy: eventId });

      expect(test.service.mailServer.mails).toHaveLength(1);
      const { recipients, headers, body } = test.service.mailServer.mails[0]!;
      expect(recipients).toEqual(['ada@example.com']);
      expect(headers).toEqual(
        expect.arrayContaining([
          'To: Ada <ada@example.com>',
          'Subject: Welcome to Cascade',
          `Message-ID: <${eventId}@cascade.localhost>`,
        ]),
      );
      expect(body).toContain('Hello Ada,');
      expect(sent.data).toEqual({
        userId: user.userId,
        channel: 'email',
        recipient: 'a**@example.com',
        providerMessageId: `<${eventId}@cascade.localhost>`,
        sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
    });

    it('sends a text to a user with a phone number, in development through the mail catcher', async () => {
      const eventId = await test.channels.publish(signup({ phone: '+14155550123' }));

      const sent = await test.channels.published(NotificationSent, { causedBy: eventId });

      expect(test.service.mailServer.mails.map(({ recipients }) => recipients)).toEqual([
        ['+14155550123@text.localhost'],
      ]);
      expect(test.service.mailServer.mails[0]!.body).toContain('Hello Ada, welcome to Cascade.');
      expect(sent.data).toMatchObject({ channel: 'text', recipient: '+1415*****23' });
    });

    it('lets a hostile name change neither recipients nor headers', async () => {
      const eventId = await test.channels.publish(signup({ name: '<b>Ada\r\nBcc: eve@evil.example' }));

      await test.channels.published(NotificationSent, { causedBy: eventId });

      const { recipients, headers, body } = test.service.mailServer.mails[0]!;
      expect(recipients).toEqual(['ada@example.com']);
      expect(headers.filter((header) => /^(bcc|cc):/i.test(header))).toEqual([]);
      expect(body).toContain('<p>Hello &lt;b&gt;Ada Bcc: eve@ evil. example,</p>');
    });

    it('sends one message for an event that is delivered 200 times, and announces the same result each time', async () => {
      const user = signup();
      const causedBy = newEventId();
      await Promise.all(Array.from({ length: 200 }, () => test.channels.publish(user, causedBy)));

      const announced = () => test.channels.announced(NotificationSent, { causedBy });
      await eventually(() => expect(announced()).toHaveLength(200));

      expect(test.service.mailServer.mails).toHaveLength(1);
      expect(new Set(announced().map((each) => JSON.stringify(each))).size).toBe(1);
      expect(announced()[0]!.id).toBe(derivedEventId(causedBy, 'notifier', 0));
      await test.channels.published(NotificationSent, { causedBy });
      await test.channels.nothingMore();
    });

    it('resends no message if the channel is replayed', async () => {
      const user = signup();
      const eventId = await test.channels.publish(user);
      await test.channels.published(NotificationSent, { causedBy: eventId });
      const before = test.channels.announced(NotificationSent).length;

      const replays = test.service.app.get(Replays, { strict: false });
      const selection = { processor: 'notifier', event: 'user.signed-up', since: new Date(user.signedUpAt) };
      await replays.replayChannel(selection, { by: 'spec', reason: 'to see' });
      await eventually(() => expect(test.channels.announced(NotificationSent)).toHaveLength(before + 1));

      expect(test.service.mailServer.mails).toHaveLength(1);
    });

    it('waits for another delivery of the same event in flight, and takes over from a delivery that died', async () => {
      const eventId = randomUUID();
      const { db } = test.service.store;
      await db.insert(deliveries).values({ eventId, claim: randomUUID() });

      await test.channels.publish(signup(), eventId);
      await test.channels.retried('notifier', eventId);
      expect(test.service.mailServer.mails).toEqual([]);

      await db.update(deliveries).set({ claimedAt: sql`now() - interval '20 seconds'` });
      await test.channels.published(NotificationSent, { causedBy: eventId });
      expect(test.service.mailServer.mails).toHaveLength(1);
    });

    it('keeps neither address nor name of the recipients', async () => {
      const eventId = await test.channels.publish(signup({ email: 'grace@example.com', name: 'Hopper' }));
      await test.channels.published(NotificationSent, { causedBy: eventId });

      const rows = JSON.stringify(await test.service.store.db.select().from(deliveries));

      expect(rows).toContain('g**@example.com');
      expect(rows).not.toMatch(/grace|Hopper|4155550123/);
    });

    it('reports its health, with its database and its processor', async () => {
      expect(await test.service.health()).toEqual({
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
