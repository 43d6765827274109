import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker, type StartBrokerOptions } from '@cascade/embedded-broker';

/**
 * Starts a broker of the test's own: a free port, an empty store. `stop()` removes the store too; after `kill()`,
 * `startBroker({ storeDir, port })` brings the same broker back.
 *
 * Start one in `beforeAll` and stop it in `afterAll`: one a test file, as streams are cheap and servers are not.
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
