import { findMigrations, type Store } from '@cascade/store';
import { describePostgres, describeStores, eventually, type TestDatabases } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { randomUUID } from 'node:crypto';
import { DeliveryLog, type DeliveryLogOptions, type Sent } from './delivery-log.js';
import { DeliveryLogUnavailableError, DeliveryUnderwayError } from './errors.js';
import * as schema from './schema.js';

const migrations = findMigrations('notifier', import.meta.url);
const sent: Sent = { channel: 'email', recipient: 'a**@example.com', providerMessageId: '<1@x>' };

describe('DeliveryLog', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(true);
  });

  describeStores((databases) => {
    let store: Store<typeof schema>;
    let log: DeliveryLog;

    beforeAll(async () => {
      store = await databases.open({ schema, migrations });
      log = new DeliveryLog(store);
    });

    function twoReplicas(options?: DeliveryLogOptions): [DeliveryLog, DeliveryLog] {
      return [new DeliveryLog(store, options), new DeliveryLog(store, options)];
    }

    /** Backdates the claim so that it has expired, as after the death or the suspension of its owner. */
    async function runOut(eventId: string): Promise<void> {
      await store.db
        .update(schema.deliveries)
        .set({ claimedAt: sql`now() - interval '21 seconds'` })
        .where(eq(schema.deliveries.eventId, eventId));
    }

    it('sends a message once, and returns the same result for later deliveries', async () => {
      const gateway = new CountingGateway();
      const eventId = randomUUID();

      const first = await log.sendOnce(eventId, gateway.send);
      const later = [await log.sendOnce(eventId, gateway.send), await log.sendOnce(eventId, gateway.send)];

      expect(first).toEqual({ ...sent, acceptedAt: expect.any(Date) });
      expect(later).toEqual([first, first]);
      expect(gateway.sends).toBe(1);
    });

    it('refuses a second delivery while another replica still sends', async () => {
      const replicas = twoReplicas();
      const gateway = new WaitingGateway();
      const eventId = randomUUID();
      const first = replicas[0].sendOnce(eventId, gateway.send);
      await gateway.asked;

      await expect(replicas[1].sendOnce(eventId, () => Promise.resolve(sent))).rejects.toThrow(
        new DeliveryUnderwayError(eventId),
      );

      gateway.accept(sent);
      const delivery = await first;
      const again = replicas[1].sendOnce(eventId, () => Promise.reject(new Error('sent again')));
      expect(await again).toEqual(delivery);
    });

    it('lets one of 50 parallel deliveries send, and returns its result to all', async () => {
      const gateway = new WaitingGateway();
      const eventId = randomUUID();

      const deliveries = Array.from({ length: 50 }, () => log.sendOnce(eventId, gateway.send));
      await gateway.asked;
      gateway.accept(sent);

      expect(await Promise.all(deliveries)).toEqual(Array(50).fill(await deliveries[0]));
      expect(gateway.sends).toBe(1);
    });

    it('releases the claim on a message that was not sent, so the next attempt begins immediately', async () => {
      const eventId = randomUUID();
      const refusal = new Error('421 try again later');

      await expect(log.sendOnce(eventId, () => Promise.reject(refusal))).rejects.toBe(refusal);
      expect(await rowsOf(store)).not.toContain(eventId);

      expect(await log.sendOnce(eventId, () => Promise.resolve(sent))).toMatchObject(sent);
    });

    it('takes over from a delivery that died, after its claim has expired', async () => {
      const replicas = twoReplicas();
      const eventId = randomUUID();
      const dying = new WaitingGateway();
      void replicas[0].sendOnce(eventId, dying.send);
      await dying.asked;
      const gateway = new CountingGateway();

      await expect(replicas[1].sendOnce(eventId, gateway.send)).rejects.toThrow(DeliveryUnderwayError);
      await runOut(eventId);
      await replicas[1].sendOnce(eventId, gateway.send);

      expect(gateway.sends).toBe(1);
    });

    it('keeps its claim while it sends', async () => {
      const replicas = twoReplicas({ claimTime: 300 });
      const eventId = randomUUID();
      const slow = new WaitingGateway();
      const first = replicas[0].sendOnce(eventId, slow.send);
      await slow.asked;
      const claimedAt = async () => {
        const row = await store.db.query.deliveries.findFirst({
          where: eq(schema.deliveries.eventId, eventId),
        });
        return Number(row?.claimedAt);
      };
      const begun = await claimedAt();
      await eventually(async () => {
        const again = replicas[1].sendOnce(eventId, () => Promise.resolve(sent));
        await expect(again).rejects.toThrow(DeliveryUnderwayError);
        expect((await claimedAt()) - begun).toBeGreaterThan(600);
      });
      slow.accept(sent);
      await first;
    });

    it('begins immediately if the database stored its claim and failed before it answered', async () => {
      const eventId = randomUUID();
      await log['claim'](eventId);
      const gateway = new CountingGateway();

      await log.sendOnce(eventId, gateway.send);

      expect(gateway.sends).toBe(1);
    });

    it('returns one result if a delivery that seemed dead continues', async () => {
      const replicas = twoReplicas();
      const eventId = randomUUID();
      const slow = new WaitingGateway();
      const first = replicas[0].sendOnce(eventId, slow.send);
      await slow.asked;
      await runOut(eventId);
      const second = await replicas[1].sendOnce(eventId, () => Promise.resolve(sent));

      slow.accept({ ...sent, providerMessageId: '<2@x>' });

      expect(await first).toEqual(second);
      expect(await replicas[0].sendOnce(eventId, slow.send)).toEqual(second);
    });

    it('keeps the first result if the delivery that took over fails', async () => {
      const replicas = twoReplicas();
      const eventId = randomUUID();
      const [slow, failing] = [new WaitingGateway(), new WaitingGateway()];
      const first = replicas[0].sendOnce(eventId, slow.send);
      await slow.asked;
      await runOut(eventId);
      const second = replicas[1].sendOnce(eventId, failing.send);
      await failing.asked;

      slow.accept(sent);
      const delivery = await first;
      failing.fail(new Error('connection lost'));

      await expect(second).rejects.toThrow('connection lost');
      expect(await log.sendOnce(eventId, failing.send)).toEqual(delivery);
    });

    it.each([
      ['with a NUL', '\u0000'],
      ['of 100,000 characters', 'x'.repeat(100_000)],
      ['that is empty', ''],
      ['that looks like SQL', `'; drop table deliveries; --`],
    ])('accepts an event id %s', async (_what, eventId) => {
      const gateway = new CountingGateway();

      await log.sendOnce(eventId, gateway.send);
      await log.sendOnce(eventId, gateway.send);

      expect(gateway.sends).toBe(1);
    });
  });

  describeStores((databases) => {
    it('sends nothing while the database is down', async () => {
      const log = await closedLog(databases);
      const gateway = new CountingGateway();

      await expect(log.sendOnce(randomUUID(), gateway.send)).rejects.toThrow(DeliveryLogUnavailableError);

      expect(gateway.sends).toBe(0);
    });

    it('reports a message as sent even if the database fails while it is sent', async () => {
      const store = await databases.open({ schema, migrations });
      const log = new DeliveryLog(store);

      const delivery = await log.sendOnce(randomUUID(), async () => {
        await store.close();
        return sent;
      });

      expect(delivery).toMatchObject(sent);
    });

    it('reports why a message was not sent even if the database fails while it is sent', async () => {
      const store = await databases.open({ schema, migrations });
      const log = new DeliveryLog(store);

      const sending = log.sendOnce(randomUUID(), async () => {
        await store.close();
        throw new Error('550 no such user');
      });

      await expect(sending).rejects.toThrow('550 no such user');
    });
  });

  describePostgres((databases) => {
    it('sends each of 100 messages once, even if two replicas get all of them', async () => {
      const database = await databases.create();
      const replicas = await Promise.all(
        [1, 2].map(async () => {
          const store = await databases.open({ schema, migrations, database });
          return new DeliveryLog(store);
        }),
      );
      const gateway = new CountingGateway();
      const eventIds = Array.from({ length: 100 }, () => randomUUID());

      await Promise.allSettled(
        eventIds.flatMap((eventId) => replicas.map((log) => log.sendOnce(eventId, gateway.send))),
      );

      expect(gateway.sends).toBe(100);
    });
  });
});

class CountingGateway {
  sends = 0;
  readonly send = (): Promise<Sent> => {
    this.sends += 1;
    return Promise.resolve(sent);
  };
}

/** Gateway whose `send` settles only when the spec calls `accept` or `fail`. */
class WaitingGateway {
  sends = 0;
  accept!: (sent: Sent) => void;
  fail!: (error: Error) => void;
  readonly asked: Promise<void>;
  private wasAsked!: () => void;
  private readonly answer = new Promise<Sent>((accept, fail) => {
    this.accept = accept;
    this.fail = fail;
  });

  constructor() {
    this.asked = new Promise((resolve) => {
      this.wasAsked = resolve;
    });
  }

  readonly send = (): Promise<Sent> => {
    this.sends += 1;
    this.wasAsked();
    return this.answer;
  };
}

async function closedLog(databases: TestDatabases): Promise<DeliveryLog> {
  const store = await databases.open({ schema, migrations });
  await store.close();
  return new DeliveryLog(store);
}

async function rowsOf(store: Store<typeof schema>): Promise<string[]> {
  const rows = await store.db.select({ eventId: schema.deliveries.eventId }).from(schema.deliveries);
  return rows.map(({ eventId }) => eventId);
}
