import type { Broker } from '@cascade/embedded-broker';
import { derivedEventId, FailureReader, Replays, UnrecoverableError } from '@cascade/jetstream';
import { Store } from '@cascade/store';
import { describeStores, eventually, startTestBroker } from '@cascade/testing';
import type { INestMicroservice } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { Filing, filingSchema, places, startFilingService } from '../../test/filing-service.js';
import { NoteDesk } from '../../test/note-desk.js';
import { NoteFiled } from '../../test/note-filed.js';
import { inbox } from './inbox-table.js';

let broker: Broker;
let desk: NoteDesk;
beforeAll(async () => {
  broker = await startTestBroker();
  desk = await NoteDesk.open(broker.url);
}, 60_000);
afterAll(async () => {
  await desk?.close();
  await broker?.stop();
});

describeStores((databases, kind) => {
  let service: INestMicroservice;
  let filing: Filing;
  let db: Store<typeof filingSchema>['db'];
  beforeAll(async () => {
    const store = await databases.createFor(filingSchema);
    service = await startFilingService({ store, broker: { servers: broker.url } });
    filing = service.get(Filing);
    db = service.get<Store<typeof filingSchema>>(Store).db;
  });
  beforeEach(() => {
    filing.duringWork = filing.afterWork = () => undefined;
    filing.result = (filed) => filed;
  });
  afterAll(() => service?.close());

  /** Returns an id that is different for each store, because the specs of both stores use the same broker. */
  const idOf = (name: string) => `${name}-${kind.slice(0, 4)}`;
  const marks = (eventId: string) => db.select().from(inbox).where(eq(inbox.eventId, eventId));
  const filed = async (author: string) => {
    const rows = await db.select().from(places).where(eq(places.author, author));
    return rows.map(({ place }) => place);
  };
  /** Waits until the event has been handled the given number of times, and all deliveries are acknowledged. */
  const settled = (id: string, times = 1) =>
    eventually(async () => {
      expect(filing.handled.filter((handled) => handled === id)).toHaveLength(times);
      expect(await desk.unsettled()).toBe(0);
    });

  it('commits the work together with a mark that contains the result', async () => {
    const id = idOf('one');
    await desk.handIn(id);
    await settled(id);
    const [place] = await filed(id);
    expect(await marks(id)).toEqual([
      {
        eventId: id,
        processor: 'filing',
        replayId: '',
        result: { name: 'note.filed', version: 1, data: { author: id, number: 1, place } },
        processedAt: expect.any(Date),
      },
    ]);
    await eventually(() => expect(desk.placesOf(derivedEventId(id, 'filing', 0))).toEqual([place]));
  });

  it('handles an event once even if it is stored many times, and publishes the same result each time', async () => {
    const id = idOf('many');
    await desk.handIn(id, 50);
    await settled(id, 50);
    await eventually(() => expect(desk.placesOf(derivedEventId(id, 'filing', 0))).toHaveLength(50));
    const [place, ...more] = await filed(id);
    expect(more).toEqual([]);
    expect(new Set(desk.placesOf(derivedEventId(id, 'filing', 0)))).toEqual(new Set([place]));
  });

  it.each([
    ['several', (one: NoteFiled) => [one, new NoteFiled({ ...one, number: 2 })], 2],
    ['nothing', () => undefined, 0],
  ])('returns the first result again: %s', async (name, result, count) => {
    const id = idOf(name);
    filing.result = result;
    await desk.handIn(id);
    await settled(id);
    filing.result = () => [];
    await desk.handIn(id);
    await settled(id, 2);

    const [place] = await filed(id);
    for (let position = 0; position < count; position++) {
      const next = derivedEventId(id, 'filing', position);
      await eventually(() => expect(desk.placesOf(next)).toEqual([place, place]));
    }
    expect(desk.placesOf(derivedEventId(id, 'filing', count))).toEqual([]);
  });

  it('keeps neither work nor mark if the handler fails after its writes', async () => {
    const id = idOf('fails');
    let attempts = 0;
    filing.duringWork = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('failed after the writes');
    };
    await desk.handIn(id);
    await settled(id);
    expect(await filed(id)).toHaveLength(1);
    expect(attempts).toBe(2);
    expect(await marks(id)).toHaveLength(1);
  });

  it.each([
    ['undeclared', () => new (class NoteLost extends NoteFiled {})({ author: 'a', number: 1, place: 'p' })],
    ['invalid', (one: NoteFiled) => new NoteFiled({ ...one, number: 1.5 })],
  ])('keeps neither if the work returns an event that cannot be published: %s', async (name, result) => {
    const id = idOf(name);
    const failures = await desk.failures();
    filing.result = result;
    await desk.handIn(id);
    await eventually(async () => expect(await desk.failures()).toBe(failures + 1));
    expect(await filed(id)).toEqual([]);
    expect(await marks(id)).toEqual([]);
  });

  it.each([
    ['long', 'x'.repeat(10_000)],
    ['strange', 'a\0é'],
  ])('handles events once whose ids are %s', async (_, strange) => {
    const id = idOf(strange);
    const failures = await desk.failures();
    const before = await db.$count(places);
    await desk.handIn(id, 2);
    await settled(id, 2);
    expect(await db.$count(places)).toBe(before + 1);
    expect(await desk.failures()).toBe(failures);
  });

  it('repeats the work in each replay of a time range', async () => {
    const id = idOf('range');
    const since = new Date();
    await desk.handIn(id, 2);
    await settled(id, 2);
    const replays = service.get(Replays, { strict: false });
    const selection = { processor: 'filing', event: 'note.written', since };
    const { replayId } = await replays.replayChannel(selection, {
      by: 'spec',
      reason: 'the shelf fell over',
    });
    await settled(id, 4);
    expect(await filed(id)).toHaveLength(2);
    expect((await marks(id)).map((mark) => mark.replayId).sort()).toEqual(['', replayId]);
  });

  it('does not repeat the work in the replay of a failure whose work was committed', async () => {
    const id = idOf('failure');
    const failures = await desk.failures();
    filing.afterWork = () => Promise.reject(new UnrecoverableError('after the work'));
    await desk.handIn(id);
    await eventually(async () => expect(await desk.failures()).toBe(failures + 1));
    expect(desk.placesOf(derivedEventId(id, 'filing', 0))).toEqual([]);

    filing.afterWork = () => undefined;
    const archive = service.get(FailureReader, { strict: false });
    const failureIds: string[] = [];
    for await (const stored of archive.list())
      if (stored.failure.original.eventId === id) failureIds.push(stored.id);
    const replays = service.get(Replays, { strict: false });
    await replays.replayFailures({ failureIds }, { by: 'spec', reason: 'corrected' });
    await eventually(() => expect(desk.placesOf(derivedEventId(id, 'filing', 0))).toHaveLength(1));
    expect(await filed(id)).toEqual(desk.placesOf(derivedEventId(id, 'filing', 0)));
    expect(await marks(id)).toHaveLength(1);
  });
});
