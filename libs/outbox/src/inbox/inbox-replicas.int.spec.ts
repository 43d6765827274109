import type { Broker } from '@cascade/embedded-broker';
import { derivedEventId } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describePostgres, describeStores, eventually, startScript, startTestBroker } from '@cascade/testing';
import type { INestMicroservice } from '@nestjs/common';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import {
  Filing,
  filingSchema,
  places,
  startFilingService,
  type FilingServiceOptions,
} from '../../test/filing-service.js';
import { NoteDesk } from '../../test/note-desk.js';

const stuckFiling = new URL('../../test/stuck-filing.ts', import.meta.url);
const ID = 'note-1';
const NEXT = derivedEventId(ID, 'filing', 0);

let broker: Broker;
let desk: NoteDesk;
const services: INestMicroservice[] = [];
beforeEach(async () => {
  broker = await startTestBroker();
  desk = await NoteDesk.open(broker.url);
}, 60_000);
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  await desk?.close();
  await broker?.stop();
});

async function start(store: FilingServiceOptions['store']): Promise<INestMicroservice> {
  const service = await startFilingService({ store, broker: { servers: broker.url } });
  services.push(service);
  return service;
}

function dbOf(service: INestMicroservice) {
  return service.get<Store<typeof filingSchema>>(Store).db;
}

describeStores((databases) => {
  it('publishes the result of committed work after its process was killed, and does not repeat the work', async () => {
    const store = await databases.createFor(filingSchema);
    const killed = startScript(stuckFiling, [JSON.stringify({ store, broker: { servers: broker.url } })]);
    try {
      expect(await killed.nextLine()).toBe('filing');
      await desk.handIn(ID);
      expect(await killed.nextLine()).toBe('committed');
    } finally {
      await killed.kill();
    }
    expect(desk.published).toEqual([]);

    const service = await start(store);
    await eventually(() => expect(desk.placesOf(NEXT)).toHaveLength(1), { timeout: 10_000 });
    await eventually(async () => expect(await desk.unsettled()).toBe(0));
    const filed = await dbOf(service).select().from(places);
    expect(desk.placesOf(NEXT)).toEqual(filed.map(({ place }) => place));
    expect(desk.published).toHaveLength(1);
  });
});

describePostgres((databases) => {
  /** Delivers the same event to two replicas. The first replica works until `end` is called. */
  async function deliverTwice() {
    const store = await databases.createFor(filingSchema);
    const replicas = [await start(store), await start(store)];
    const db = dbOf(replicas[0]!);
    let begun = 0;
    let end: (failure?: Error) => void = () => undefined;
    const first = new Promise<void>((resolve, reject) => {
      end = (failure) => (failure ? reject(failure) : resolve());
    });
    for (const replica of replicas)
      replica.get(Filing).duringWork = () => (++begun === 1 ? first : Promise.resolve());
    await desk.handIn(ID, 2);
    await eventually(async () => {
      const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      expect((await db.execute(waiting)).rows).toHaveLength(1);
    });
    return { db, replicas, end, begun: () => begun };
  }

  it('lets the second of two parallel deliveries wait for the first, and not repeat the work', async () => {
    const { db, replicas, end, begun } = await deliverTwice();
    end();
    await eventually(() => expect(desk.placesOf(NEXT)).toHaveLength(2));
    const filed = await db.select().from(places);
    expect(filed).toHaveLength(1);
    expect(begun()).toBe(1);
    expect(replicas.map((replica) => replica.get(Filing).handled)).toEqual([[ID], [ID]]);
    expect(new Set(desk.placesOf(NEXT))).toEqual(new Set(filed.map(({ place }) => place)));
  });

  it('lets the second of two parallel deliveries do the work if the first fails', async () => {
    const { db, end, begun } = await deliverTwice();
    end(new Error('the first fails'));
    await eventually(() => expect(desk.placesOf(NEXT)).toHaveLength(2));
    expect(await db.$count(places)).toBe(1);
    expect(begun()).toBe(2);
  });
});
