import { startBroker, type Broker } from '@cascade/embedded-broker';
import { eventually } from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Replaying, SETTINGS, WHO } from './replaying.js';

const system = new Replaying();
let again: Broker | undefined;

beforeAll(() => system.start());
afterAll(async () => {
  // The clients are closed first, because they would try to reconnect to the broker. A stop of the first broker removes the
  // store.
  await system.transport.closeApplications();
  await again?.stop();
  await system.stop();
});

it('a replay continues when the broker is back after a kill', async () => {
  system.breakBilling();
  const orderIds = Array.from({ length: 30 }, (_, number) => `order-${number}`);
  await system.fail(orderIds);
  system.repair();
  const { storeDir, port } = system.transport.broker;
  let restarted: Promise<void> | undefined;
  const restart = async (): Promise<void> => {
    await system.transport.broker.kill();
    again = await startBroker({ storeDir, port, settings: SETTINGS });
  };

  const result = await system.replays.replayFailures(
    { processor: 'billing' },
    {
      ...WHO,
      onProgress: ({ replayed }) => {
        if (replayed === 10) restarted = restart();
      },
    },
  );

  await restarted;
  expect(result).toMatchObject({ total: 30, replayed: 30, skipped: 0 });
  // Events that were in flight when the broker died may be delivered twice. No event is lost.
  await eventually(() => expect([...new Set(system.billed)].sort()).toEqual([...orderIds].sort()));
  await eventually(async () =>
    expect((await system.list()).map(({ state }) => state?.state)).toEqual(orderIds.map(() => 'handled')),
  );
}, 60_000);
