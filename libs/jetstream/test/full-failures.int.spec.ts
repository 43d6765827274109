import { expect, it } from '@jest/globals';
import {
  Consumes,
  FailureReader,
  FailureRemoval,
  FAILURES_STREAM,
  JetStreamConnection,
  removedFailureOf,
  type EventFailed,
  type RemovedFailure,
} from '@cascade/jetstream';
import { eventually, recordLog } from '@cascade/testing';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { OrderPlaced } from './events.js';
import { Transport } from './transport.js';

const done: string[] = [];

@Controller()
class Busy {
  @Consumes(OrderPlaced, { processor: 'busy', concurrency: 4, attempts: 1, pause: false })
  handle(@Payload() { orderId }: OrderPlaced): void {
    // The error has no stack, so that all failures have the same size on any machine.
    if (orderId.startsWith('bad')) throw Object.assign(new Error('this order is at fault'), { stack: '' });
    done.push(orderId);
  }
}

/** Removes all open failures, as an operator would do to make room. */
async function removeOpen(application: INestMicroservice, transport: Transport): Promise<RemovedFailure[]> {
  const connection = application.get(JetStreamConnection, { strict: false });
  const archive = application.get(FailureReader, { strict: false });
  const removal = new FailureRemoval(connection, transport.publisherOf(application), archive);
  const selection = { state: 'open' as const };
  const open: RemovedFailure[] = [];
  for await (const failure of removal.select(selection)) open.push(removedFailureOf(failure));
  await removal.remove(open, selection, { by: 'ann', reason: 'no room' });
  return open;
}

it('While the stream of failures is full, good events are handled, and failures are stored after other failures were removed', async () => {
  const transport = await new Transport().start();
  try {
    const application = await transport.run(
      { controllers: [Busy] },
      { streams: { failures: { maxBytes: 8_000 } } },
    );
    const log = recordLog();
    const bad = Array.from({ length: 14 }, (_, number) => `bad ${number}`);
    for (const orderId of bad) transport.publish('events.order.placed', { orderId, amount: 1 });
    transport.publish('events.order.placed', { orderId: 'good', amount: 1 });
    // Each bad event keeps its permit for up to 2 s.
    await eventually(() => expect(done).toEqual(['good']), { timeout: 25_000 });
    const stored = await transport.read(FAILURES_STREAM, 'failed.busy.>');
    expect(stored.length).toBeLessThan(bad.length);
    const full = log().filter((line) => line.includes('requeued for'));
    expect(full).toEqual([
      expect.stringMatching(/^error: event (\S+) of flow \1 requeued for 10 s: .*FAILURES/),
    ]);

    const removed = await removeOpen(application, transport);
    expect(removed).toHaveLength(stored.length);
    const others = await transport.stored(
      FAILURES_STREAM,
      'failed.busy.>',
      bad.length - removed.length,
      25_000,
    );
    const failures = [...stored, ...others];
    expect(failures.map((failure) => failure.json<{ attempts: number }>().attempts)).toEqual(
      bad.map(() => 1),
    );
    expect(new Set(failures.map((failure) => failure.header.get('ce-id'))).size).toBe(bad.length);
  } finally {
    await transport.stop();
  }
}, 70_000);

it('Invalid events of a stranger leave room for failures, however large they are, and are read from their own stream', async () => {
  const transport = await new Transport().start();
  try {
    const application = await transport.run(
      { controllers: [Busy] },
      { streams: { failures: { maxBytes: 500_000 } } },
    );
    const large = Array.from({ length: 20 }, (_, number) => `${number} `.repeat(150_000));
    for (const body of large) transport.publish('events.order.placed', body);
    transport.publish('events.order.placed', 'x'.repeat(16_384));
    transport.publish('events.order.placed', '{}', { 'x-large': 'x'.repeat(20_000) });
    transport.publish('events.order.placed', { orderId: 'bad', amount: 1, note: 'x'.repeat(20_000) });

    const stored = await transport.stored(FAILURES_STREAM, 'failed.busy.>', large.length + 3);
    const failures = stored.map((failure) => failure.json<EventFailed>());
    const invalid = failures.filter(({ reason }) => reason === 'invalid-event');
    expect(
      invalid
        .filter(({ original }) => original.body)
        .map(({ original }) => original.size)
        .sort(),
    ).toEqual([16_384, 2]);
    expect(invalid.filter(({ original }) => original.headers?.['x-large'])).toEqual([]);
    // The failure event of an event that failed in its handler carries the whole event.
    expect(failures.find(({ reason }) => reason === 'attempts-exhausted')!.original.body).toBeDefined();
    const archive = application.get(FailureReader, { strict: false });
    const originals = await Promise.all(invalid.map((failure) => archive.original(failure)));
    expect(originals.map(({ body }) => Buffer.from(body).toString())).toEqual(expect.arrayContaining(large));
    expect(originals.some(({ headers }) => headers['x-large']?.[0]?.length === 20_000)).toBe(true);
  } finally {
    await transport.stop();
  }
});
