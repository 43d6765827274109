import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker, type StartBrokerOptions } from '@cascade/embedded-broker';

/**
 * Starts a broker on a free port with an empty store. `stop()` also removes the store. After `kill()`, `startBroker({ storeDir,
 * port })` restarts the broker on the same store.
 *
 * Start only one broker per test file, in `beforeAll`, and stop it in `afterAll`. Creating streams is fast, but starting a server
 * is slow.
 */
export async function startTestBroker(options: Omit<StartBrokerOptions, 'storeDir'> = {}): Promise<Broker> {
  const storeDir = await mkdtemp(join(tmpdir(), 'cascade-broker-'));
  const removeStore = () => rm(storeDir, { recursive: true, force: true, maxRetries: 3 });
  const broker = await startBroker({ ...options, storeDir }).catch(async (error: unknown) => {
    await removeStore();
    throw error;
  });
  return {
    ...broker,
    async stop() {
      await broker.stop();
      await removeStore();
    },
  };
}
