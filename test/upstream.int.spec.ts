import { startTestBroker } from '@cascade/testing';
import type { Broker } from '@cascade/embedded-broker';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './system.js';

/** Newest version of nats-server that has the bug. */
const NEWEST_FAULTY = [2, 15, 1];

let broker: Broker;

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());

function run(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, script), broker.url], (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

function isNewerThan(known: readonly number[], version: string): boolean {
  const parts = version.split('.').map(Number);
  const place = known.findIndex((part, index) => part !== parts[index]);
  return place !== -1 && parts[place]! > known[place]!;
}

it('docs/upstream.md shows what a start time and several filter subjects do, unless the server has fixed it', async () => {
  const { code, stdout, stderr } = await run('docs/upstream/consumer-start-time.mjs');
  const version = /^nats-server (\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '';
  const [, shown] = /\n```text\n(nats-server .+?)```\n/s.exec(
    await readFile(join(root, 'docs/upstream.md'), 'utf8'),
  )!;

  expect(stderr).toBe('');
  if (isNewerThan(NEWEST_FAULTY, version) && code === 0) {
    expect(stdout).toContain('this server has fixed the fault');
  } else {
    expect({ code, stdout }).toEqual({ code: 1, stdout: shown!.replace(/\S+(?=,)/, version) });
  }
});
