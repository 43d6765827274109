import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnBoundToParent } from './bind-to-parent.js';
import { lockStore, StoreInUseError } from './store-lock.js';

describe('the lock of a store', () => {
  let storeDir: string;
  beforeEach(async () => {
    storeDir = await mkdtemp(join(tmpdir(), 'cascade-lock-'));
  });
  afterEach(() => rm(storeDir, { recursive: true, force: true }));

  it('is held by the server that inherits it until the server ends, even if its parent releases it', async () => {
    const lock = await lockStore(storeDir);
    const server = spawnBoundToParent('/bin/sleep', ['60'], { hold: lock.descriptor });
    await once(server, 'spawn');
    lock.release();

    const refused = await lockStore(storeDir).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreInUseError);
    expect(refused).toMatchObject({ storeDir, message: expect.stringContaining(storeDir) });

    server.kill('SIGKILL');
    const again = await lockStore(storeDir);
    again.release();
  });
});
