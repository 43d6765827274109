import { spawnBoundToParent } from '@cascade/embedded-broker';
import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { root } from '../system.js';

it('The system survives the short form of the crash test', async () => {
  const runner = spawnBoundToParent(process.execPath, ['tools/bin/crash.mjs', '--short'], { cwd: root });
  const ended = once(runner, 'exit') as Promise<[code: number | null]>;
  const [output, errors, [code]] = await Promise.all([text(runner.stdout), text(runner.stderr), ended]);
  // The output of a failed run contains the seed, the expected values and the actual values.
  expect({ code, output: code === 0 ? '' : `${output}\n${errors}` }).toEqual({ code: 0, output: '' });
}, 180_000);
