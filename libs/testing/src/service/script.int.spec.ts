import { expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { startScript } from './script.js';

const holdScript = new URL('../../test/hold-script.ts', import.meta.url);

it('A script ends with the process that started it, even after kill -9', async () => {
  const parent = startScript(holdScript);
  const pid = Number(await parent.nextLine());
  expect(isAlive(pid)).toBe(true);
  await parent.kill();
  await eventually(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
