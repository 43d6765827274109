import { EVENTS_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import type { ConsumerInfo } from '@nats-io/jetstream';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../ledger.js';
import type { Scenario } from '../scenario.js';
import { SignupLoad } from '../signup-load.js';
import { SignupSystem } from '../system/signup-system.js';
import { round, type Trial } from '../trial.js';
import { resumption } from './kill-broker.js';

const ROOM_BYTES = 200_000;
/** Additional room for a few more events, in bytes. */
const MORE_ROOM_BYTES = 10_000;

interface Fullness {
  readonly seconds: number;
  /** Number of signups that are offered per second. */
  readonly rate: number;
  /** Time within which all work must resume after the stream has room again, in seconds. */
  readonly resumesWithin: number;
}

export const fullStream: Scenario = {
  name: 'full-stream',
  mustShow: 'signups accepted, nothing lost, resumes ≤ 10 s after room is made',
  run: (trial) =>
    run(
      trial,
      trial.scale({ seconds: 20, rate: 200, resumesWithin: 10 }, { seconds: 4, rate: 50, resumesWithin: 10 }),
    ),
};

/**
 * Keeps the stream full for longer than `ackWait` (30 s). In the full form, the stream also stays full for longer than two leases
 * of a relay (30 s each).
 */
export const fullStreamLong: Scenario = {
  name: 'full-stream-long',
  onlyFull: true,
  mustShow:
    'the same for longer than every timeout: each event in flight is delivered once, all settled ≤ 20 s after room is made',
  run: (trial) => run(trial, { seconds: trial.scale(70, 35), rate: trial.scale(40, 20), resumesWithin: 20 }),
};

async function run(trial: Trial, { seconds, rate, resumesWithin }: Fullness): Promise<void> {
  const system = await SignupSystem.start(trial);
  const { manager } = system.client;
  const { config, state } = await manager.streams.info(EVENTS_STREAM);
  await manager.streams.update(EVENTS_STREAM, { max_bytes: state.bytes + ROOM_BYTES });
  trial.done = `EVENTS full (max_bytes) for ${seconds} s, ${rate} signups/s offered; room made by raising max_bytes`;
  const load = new SignupLoad({ urls: system.urlsOf('signup'), rate });
  trial.defer(() => load.stop());
  await untilFull(system, state.bytes + ROOM_BYTES);
  const acceptedBefore = load.acknowledged.size;
  await sleep(seconds * 1_000);
  const accepted = load.acknowledged.size - acceptedBefore;
  trial.expectEqual('answers other than 202', Object.fromEntries(load.otherAnswers), {});
  trial.expectAtLeast('signups accepted while the stream was full', accepted, rate * seconds * 0.5);
  const held = await heldEvents(system);
  const inFlight = sumOf(held, ({ num_ack_pending }) => num_ack_pending);
  trial.expectAtLeast('events in flight while the stream was full', inFlight, 1);
  const again = sumOf(held, ({ num_redelivered }) => num_redelivered);
  trial.expectEqual('events in flight that were delivered again', again, 0);

  await manager.streams.update(EVENTS_STREAM, { max_bytes: config.max_bytes });
  const settling = untilSettled(system, held);
  for (const [what, after] of await resumption(system)) {
    trial.figure(`${what} again after ${round(after)} s`);
    trial.expectAtMost(`${what} again after room was made`, after, resumesWithin, ' s');
  }
  const settled = await settling;
  trial.figure(`${inFlight} events in flight, settled after ${round(settled)} s`);
  trial.expectAtMost('events in flight settled after room was made', settled, resumesWithin, ' s');
  load.stopOffering();
  trial.figure(`${accepted} signups accepted while the stream was full`);
  await checkLedger(trial, system, load);
}

/**
 * Waits until the stream is full and a processor has an event in flight whose next event does not fit. Raises the stream's limit
 * slightly while the stream is full but no event is in flight.
 */
async function untilFull(system: SignupSystem, maxBytes: number): Promise<void> {
  const { client } = system;
  const stored = async () => (await client.manager.streams.info(EVENTS_STREAM)).state.last_seq;
  let room = maxBytes;
  const check = async () => {
    const before = await stored();
    await sleep(1_000);
    if ((await stored()) > before) throw new Error('the stream is not full yet');
    if ((await heldEvents(system)).length > 0) return;
    // No event is in flight, because the last stored event was the last event of its flow. Makes room for a few more events.
    room += MORE_ROOM_BYTES;
    await client.manager.streams.update(EVENTS_STREAM, { max_bytes: room });
    throw new Error('no processor has an event in flight');
  };
  await eventually(check, { timeout: 60_000, interval: 0 });
}

/** Returns the consumers that have events in flight. */
async function heldEvents({ client }: SignupSystem): Promise<ConsumerInfo[]> {
  const consumers = await client.manager.consumers.list(EVENTS_STREAM).next();
  return consumers.filter(({ num_ack_pending }) => num_ack_pending > 0);
}

/**
 * Waits until each consumer has settled its events in flight.
 *
 * @returns the duration of the wait, in seconds
 */
async function untilSettled({ client }: SignupSystem, held: readonly ConsumerInfo[]): Promise<number> {
  const begun = performance.now();
  const check = async ({ name, delivered }: ConsumerInfo) => {
    const { ack_floor } = await client.manager.consumers.info(EVENTS_STREAM, name);
    if (ack_floor.stream_seq < delivered.stream_seq)
      throw new Error(`${name} has settled ${ack_floor.stream_seq} of ${delivered.stream_seq}`);
  };
  await Promise.all(held.map((one) => eventually(() => check(one), { timeout: 60_000, interval: 50 })));
  return (performance.now() - begun) / 1_000;
}

function sumOf<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
