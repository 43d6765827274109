import { startBroker, type Broker } from '@cascade/embedded-broker';
import { eventually } from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Replaying, SETTINGS, WHO } from './replaying.js';

let system: Replaying;
let again: Broker | undefined;

beforeAll(async () => {
  system = await Replaying.start();
});
afterAll(async () => {
  // Close the clients first, since they would try to reconnect. The broker that made the store removes it.
  await system.transport.closeApplications();
  await again?.stop();
  await system.stop();
});

it('a replay continues after the broker was killed and restarted', async () => {
  system.breakBilling();
  const orderIds = Array.from({ length: 30 }, (_, number) => `order-${number}`);
  await system.fail(orderIds);
  system.mend();
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
  // Events in flight when the broker died may come twice. No event is lost.
  await eventually(() => expect([...new Set(system.billed)].sort()).toEqual([...orderIds].sort()));
  await eventually(async () =>
    expect((await system.list()).map(({ state }) => state?.state)).toEqual(orderIds.map(() => 'handled')),
  );
}, 60_000);
