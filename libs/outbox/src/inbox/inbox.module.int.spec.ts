import type { Broker } from '@cascade/embedded-broker';
import { InvalidDeclarationError } from '@cascade/jetstream';
import { openStore, Store } from '@cascade/store';
import { describeStores, eventually, recordLog, startTestBroker } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { Complaints, Filing, filingSchema, startFilingService } from '../../test/filing-service.js';
import { inbox } from './inbox-table.js';

const DAY = 24 * 60 * 60 * 1_000;

let broker: Broker;
beforeAll(async () => {
  broker = await startTestBroker();
}, 60_000);
afterAll(() => broker?.stop());

describeStores((databases, _kind, isFastest) => {
  interface Settings {
    keepMarks?: number;
    maxAge?: number;
    /** Time for which failures are kept. The service consumes failures only if this time is set. */
    failuresMaxAge?: number;
  }
  const newStore = () => databases.createFor(filingSchema);
  const start = (
    store: Awaited<ReturnType<typeof newStore>>,
    { keepMarks, maxAge, failuresMaxAge }: Settings,
  ) =>
    startFilingService({
      store,
      broker: {
        servers: broker.url,
        streams: {
          events: maxAge === undefined ? {} : { maxAge },
          failures: failuresMaxAge === undefined ? {} : { maxAge: failuresMaxAge },
        },
      },
      inbox: keepMarks === undefined ? {} : { keepMarks },
      controllers: failuresMaxAge === undefined ? [Filing] : [Filing, Complaints],
    });

  const keeps = async (settings: Settings, kept: number[]) => {
    const store = await newStore();
    const filled = await openStore({ schema: filingSchema, ...store });
    for (const days of [0, 7.9, 8.1, 15.1, 31.1]) {
      const processedAt = sql`now() - ${days} * interval '1 day'`;
      await filled.db.insert(inbox).values({ eventId: String(days), processor: 'filing', processedAt });
    }
    await filled.close();

    const service = await start(store, settings);
    try {
      const { db } = service.get<Store<typeof filingSchema>>(Store);
      await eventually(async () => {
        const marks = await db
          .select()
          .from(inbox)
          .orderBy(sql`processed_at desc`);
        expect(marks.map(({ eventId }) => Number(eventId))).toEqual(kept);
      });
    } finally {
      await service.close();
    }
  };

  it('keeps marks a day longer than events, and removes older marks', () => keeps({}, [0, 7.9]));

  // The other cases do not depend on the store.
  if (!isFastest) return;

  it.each<[string, Settings, number[]]>([
    ['a day longer than events that are kept for 14 days', { maxAge: 14 * DAY }, [0, 7.9, 8.1]],
    [
      'a day longer than failures if the service consumes them',
      { failuresMaxAge: 30 * DAY },
      [0, 7.9, 8.1, 15.1],
    ],
    ['for 10 days if these are set', { keepMarks: 10 * DAY }, [0, 7.9, 8.1]],
  ])('keeps marks %s', (_, settings, kept) => keeps(settings, kept));

  describe('if an operator has raised the time that events are kept to 20 days', () => {
    const raise = async (days: number) => {
      const client = await connect({ servers: broker.url });
      const { streams } = await jetstreamManager(client);
      await streams.update('EVENTS', { max_age: days * DAY * 1e6 });
      await client.close();
    };
    beforeAll(() => raise(20));
    afterAll(() => raise(7));

    it('keeps marks a day longer than the raised time from the start', () => keeps({}, [0, 7.9, 8.1, 15.1]));

    it('ignores a setting of 10 days, and warns', async () => {
      const log = recordLog();
      await keeps({ keepMarks: 10 * DAY }, [0, 7.9, 8.1, 15.1]);
      expect(log().filter((line) => line.includes('keepMarks'))).toEqual([
        expect.stringMatching(/^warn: .* for 864000000 ms \(keepMarks\).* for 1728000000 ms/),
      ]);
    });
  });

  it.each<[Settings, RegExp]>([
    [
      { keepMarks: 7 * DAY },
      /keeps its marks for 604800000 ms .* keeps the events of this service for 604800000 ms/,
    ],
    [{ keepMarks: 29 * DAY, failuresMaxAge: 30 * DAY }, /keeps the events of this service for 2592000000 ms/],
    [
      { keepMarks: 8 * DAY, maxAge: 9 * DAY },
      /handled twice\. Keep marks for longer than events, or keep events for a shorter time/,
    ],
    [{ keepMarks: NaN }, /keeps its marks for NaN ms/],
  ])('does not start if marks would be removed before their events: %j', async (settings, message) => {
    const starting = start(await newStore(), settings);
    await expect(starting).rejects.toThrow(InvalidDeclarationError);
    await expect(starting).rejects.toThrow(message);
  });
});
