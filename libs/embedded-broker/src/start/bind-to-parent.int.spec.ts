import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, type Script, startScript } from '@cascade/testing';
import { type BoundProcess, spawnBoundToParent } from './bind-to-parent.js';

/** Resolves to the exit code and the signal. */
const endOf = (child: BoundProcess) => once(child, 'close') as Promise<[number | null, string | null]>;

describe('a program that is bound to its parent', () => {
  it('has the process id that its parent sees, its own output and its own exit code', async () => {
    const child = spawnBoundToParent('/bin/sh', [
      '-c',
      'echo "$$ $0 $1"; echo oops >&2; exit 7',
      'a b',
      '$c',
    ]);
    const [output, errors, end] = await Promise.all([text(child.stdout), text(child.stderr), endOf(child)]);
    expect(output).toBe(`${child.pid} a b $c\n`);
    expect(errors).toBe('oops\n');
    expect(end).toEqual([7, null]);
  });

  it('receives the signals that its parent sends', async () => {
    const child = spawnBoundToParent('/bin/sleep', ['60']);
    await once(child, 'spawn');
    child.kill('SIGKILL');
    expect(await endOf(child)).toEqual([null, 'SIGKILL']);
  });

  it('is not reached by Ctrl-C in the terminal, because it leads a separate process group', async () => {
    const child = spawnBoundToParent('/bin/sleep', ['60']);
    await once(child, 'spawn');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    expect(await endOf(child)).toEqual([null, 'SIGKILL']);
  });

  it('ends with 127 and the reason if it does not exist', async () => {
    const child = spawnBoundToParent('/no/such/program', []);
    const [errors, end] = await Promise.all([text(child.stderr), endOf(child)]);
    expect(errors).toContain('/no/such/program');
    expect(end).toEqual([127, null]);
  });

  it('talks to its parent over an IPC channel if it was given a channel', async () => {
    const script = `process.send({ pid: process.pid }); process.once('disconnect', () => process.exit(3));`;
    const child = spawnBoundToParent(process.execPath, ['-e', script], { ipc: true });
    expect(await once(child, 'message')).toEqual([{ pid: child.pid }, undefined]);
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
});

describe('the end of the parent', () => {
  let storeDir: string;
  let parent: Script;
  beforeEach(async () => {
    storeDir = await mkdtemp(join(tmpdir(), 'cascade-bound-'));
    parent = startScript(new URL('../../test/parent.ts', import.meta.url), [storeDir]);
  });
  afterEach(async () => {
    await parent.kill();
    await rm(storeDir, { recursive: true, force: true });
  });

  it('by kill -9 ends the broker, and after 5 s even a program that ignores SIGTERM', async () => {
    const { broker, stubborn } = JSON.parse(await parent.nextLine()) as { broker: number; stubborn: number };
    expect(await isRunning(broker)).toBe(true);

    await parent.kill();

    await eventually(async () => expect(await isRunning(broker)).toBe(false), { timeout: 2_000 });
    expect(await isRunning(stubborn)).toBe(true);
    await eventually(async () => expect(await isRunning(stubborn)).toBe(false), { timeout: 8_000 });
  });
});

/** Returns true if the process is running. A zombie process is not running, although its id still exists. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z /.test(status);
}
