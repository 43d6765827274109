import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Consumes, type EventContext } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { headers } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

const transport = useTransport({}, () => undefined);
const handled: string[] = [];
const attempted: { orderId: string; eventId: string }[] = [];

@Controller()
class Careful {
  @Consumes(OrderPlaced, { processor: 'careful', concurrency: 2, attempts: 2, backoff: 50, pause: false })
  handle(@Payload() { orderId }: OrderPlaced, @Ctx() { eventId }: EventContext): void {
    attempted.push({ orderId, eventId });
    if (orderId.startsWith('bad')) throw new Error('this order is at fault');
    handled.push(orderId);
  }
}

/** Returns headers that a client with its own protocol code may send, and that nats.js refuses to read. */
function brokenHeaders() {
  const broken = headers();
  (broken as unknown as { headers: Map<string, string[]> }).headers.set('bad name', ['1']);
  return broken;
}

async function failuresOf(orderId: string) {
  const messages = await transport.read('FAILURES', 'failed.careful.>');
  const all = messages.map((message) => message.json<{ original: { body?: { data: string } } }>());
  return all.filter(({ original }) => original.body?.data.includes(`"${orderId}"`));
}

async function expectGoodOnesDone(): Promise<void> {
  const good = ['good 1', 'good 2', 'good 3'];
  for (const orderId of good) transport.publish('events.order.placed', { orderId, amount: 1 });
  await eventually(() => expect(handled).toEqual(expect.arrayContaining(good)));
  await transport.settled('careful');
}

describe('A message from a stranger', () => {
  beforeAll(() => transport.run({ controllers: [Careful] }));
  beforeEach(() => void handled.splice(0));

  it.each(['replay.careful.order.placed', 'retry.careful.due.x'])(
    'with headers that cannot be read becomes a failure event, on %s too',
    async (subject) => {
      const orderId = `unread ${subject.slice(0, 6)}`;
      const body = JSON.stringify({ orderId, amount: 1 });
      transport.client.publish(subject, body, { headers: brokenHeaders() });
      const [failure] = await eventually(async () => {
        const found = await failuresOf(orderId);
        expect(found).toHaveLength(1);
        return found;
      });
      expect(failure).toMatchObject({ reason: 'invalid-event' });
      await expectGoodOnesDone();
    },
  );

  it('that cannot be read, in the inbox of the processor, is ignored', async () => {
    const inboxes = new Set<string>();
    const requests = transport.client.subscribe('$JS.API.CONSUMER.MSG.NEXT.EVENTS.careful', {
      callback: (_error, { reply }) => void inboxes.add(reply!),
    });
    await expectGoodOnesDone();
    await eventually(() => expect(inboxes.size).toBe(1));
    handled.splice(0);

    const [inbox] = inboxes;
    transport.client.publish(inbox!, '', { headers: brokenHeaders() });
    await expectGoodOnesDone();
    await eventually(() => expect(inboxes.size).toBe(1));
    requests.unsubscribe();
  });

  it('with an id in capitals that has a line feed is retried, and becomes a failure event', async () => {
    const orderId = 'bad capitals';
    transport.publish('events.order.placed', { orderId, amount: 1 }, { 'Ce-Id': 'a%0Ab' });
    await eventually(async () => expect(await failuresOf(orderId)).toHaveLength(1));
    await expectGoodOnesDone();
  });

  it.each([
    ['line feed', 'a%0Ab'],
    ['33,000 chars', 'x'.repeat(33_000)],
    ['blank', 'a%20b'],
  ])('with an odd id (%s) is retried, and becomes a failure event', async (what, id) => {
    const orderId = `bad ${what}`;
    transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': id });
    await eventually(async () => expect(await failuresOf(orderId)).toHaveLength(1), { timeout: 10_000 });
    expect(await failuresOf(orderId)).toEqual([
      expect.objectContaining({ reason: 'attempts-exhausted', attempts: 2 }),
    ]);
    await expectGoodOnesDone();
  });

  it('with an empty id has the same id on each attempt, and in its failure event', async () => {
    const orderId = 'bad empty id';
    transport.publish('events.order.placed', { orderId, amount: 1 }, { 'ce-id': '' });
    const [failure] = await eventually(async () => {
      const found = await failuresOf(orderId);
      expect(found).toHaveLength(1);
      return found;
    });
    const ids = attempted.filter((one) => one.orderId === orderId).map(({ eventId }) => eventId);
    expect(ids).toHaveLength(2);
    expect(failure).toMatchObject({ original: { eventId: ids[0] } });
    expect(ids[1]).toBe(ids[0]);
  });

  it('whose headers leave no room for the headers of a retry is retried in flight, and becomes a failure event', async () => {
    const orderId = 'bad large headers';
    transport.publish('events.order.placed', { orderId, amount: 1 }, { 'x-large': 'x'.repeat(65_000) });
    await eventually(async () => expect(await failuresOf(orderId)).toHaveLength(1), { timeout: 10_000 });
    await expectGoodOnesDone();
  });

  it.each([
    ['key of tokens', { 'cascade-retry-key': 'a.b' }],
    ['blank in key', { 'cascade-retry-key': 'a b' }],
    ['failure id', { 'cascade-failure-id': 'a.b', 'cascade-replay-id': 'r' }],
    ['negative', { 'cascade-attempts': '-1000' }],
    ['no number', { 'cascade-attempts': 'many' }],
  ])('that falsely claims to be a replay or retry (%s) is not trusted', async (claim, claims) => {
    const orderId = `bad ${claim}`;
    transport.publish('replay.careful.order.placed', { orderId, amount: 1 }, claims);
    await eventually(async () => expect(await failuresOf(orderId)).toHaveLength(1), { timeout: 10_000 });
    expect(await failuresOf(orderId)).toEqual([expect.objectContaining({ attempts: 2 })]);
    await expectGoodOnesDone();
  });

  it('keeps all its headers through a retry, and gets no other headers', async () => {
    const orderId = 'bad with headers';
    const sent = { 'Nats-Msg-Id': 'his-own', 'cascade-attempts': '7', 'X-Mine': 'here' };
    transport.publish('events.order.placed', { orderId, amount: 1 }, sent);
    const [failure] = await eventually(async () => {
      const found = await failuresOf(orderId);
      expect(found).toHaveLength(1);
      return found;
    });
    const expected = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value]]));
    expect(failure).toMatchObject({ attempts: 2, original: { headers: expected } });
    expect(Object.keys((failure as { original: { headers: object } }).original.headers).sort()).toEqual(
      Object.keys(sent).sort(),
    );
  });
});
