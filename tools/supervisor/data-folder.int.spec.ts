import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolder, DataFolderInUseError, readRunning } from './data-folder.js';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'cascade-data-'));
});

afterEach(() => rm(path, { recursive: true }));

const running = {
  pid: 4711,
  natsUrl: 'nats://127.0.0.1:4222',
  parts: { signup: { url: 'http://localhost:3000' } },
};

describe('The data folder', () => {
  it('belongs to one command at a time, and the error of a second command names the first', async () => {
    const folder = await DataFolder.claim(path);
    await folder.writeRunning(running);
    const second = DataFolder.claim(path);
    await expect(second).rejects.toThrow(DataFolderInUseError);
    await expect(second).rejects.toThrow(/process 4711 .*signup {2}http:\/\/localhost:3000/s);

    await folder.release();
    await (await DataFolder.claim(path)).release();
  });

  it('records the running system until its release', async () => {
    const folder = await DataFolder.claim(path);
    await folder.writeRunning(running);
    expect(await readRunning(path)).toEqual(running);
    await folder.release();
    expect(await readRunning(path)).toBeUndefined();
  });

  it('is created if it is missing', async () => {
    await (await DataFolder.claim(join(path, 'deep', 'down'))).release();
  });

  it('can be emptied', async () => {
    const folder = await DataFolder.claim(path);
    await writeFile(join(path, 'state'), '');
    await folder.clear();
    expect(await readdir(path)).toEqual(['lock']);
    await folder.release();
  });

  it('of a killed supervisor can be claimed when its processes have ended', async () => {
    const leftover = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']);
    const folder = await DataFolder.claim(path);
    await folder.writeRunning({ ...running, parts: { signup: { url: '', pid: leftover.pid } } });
    const contents = await readRunning(path);
    await folder.release();
    await writeFile(join(path, 'running.json'), JSON.stringify(contents));

    let hasEnded = false;
    const ended = once(leftover, 'exit').then(() => (hasEnded = true));
    setTimeout(() => leftover.kill('SIGKILL'), 200);
    const next = await DataFolder.claim(path);
    await ended;
    expect(hasEnded).toBe(true);
    await next.release();
  });
});
