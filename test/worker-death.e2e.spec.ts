import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually, startScript, type Script } from '@cascade/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../tools/supervisor/data-folder.js';

let folder: string;
let worker: Script;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cascade-worker-'));
});
afterEach(async () => {
  await worker.kill();
  await rm(folder, { recursive: true, force: true });
});

it.each(['npm', 'parts'])(
  'A Jest worker that is killed takes its system with it, started as %s',
  async (how) => {
    const env = { ...process.env, TMPDIR: folder };
    worker = startScript(new URL('./hold-system.ts', import.meta.url), [how], env);
    const pids = JSON.parse(await worker.nextLine()) as number[];
    expect(pids.filter(isAlive)).toEqual(pids);

    await worker.kill();

    await eventually(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 15_000 });
  },
  90_000,
);
