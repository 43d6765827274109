import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchSources } from './source-watcher.js';

let root: string;
let reported: string[];
let end: () => Promise<void>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-sources-'));
  await mkdir(join(root, 'apps/signup'), { recursive: true });
  await writeFile(join(root, 'apps/signup/main.ts'), 'first');
  reported = [];
  const onChange = (files: readonly string[]) => {
    reported.push(...files);
    return Promise.resolve();
  };
  end = await watchSources(root, ['apps'], onChange, (error) => {
    throw error;
  });
});

afterEach(async () => {
  await end();
  await rm(root, { recursive: true });
});

/** Makes a change, and resolves when the change is reported. */
async function untilReported(file: string, change: () => Promise<void>): Promise<void> {
  reported = [];
  await change();
  await eventually(() => expect(reported).toContain(file), { timeout: 5_000 });
}

describe('watchSources', () => {
  it('reports a file each time it is written', async () => {
    for (const content of ['one', 'two', 'three']) {
      await untilReported('apps/signup/main.ts', () => writeFile(join(root, 'apps/signup/main.ts'), content));
    }
  });

  it('reports a file each time another replaces it, as many editors do', async () => {
    for (const content of ['one', 'two', 'three']) {
      await untilReported('apps/signup/main.ts', async () => {
        await writeFile(join(root, 'saved'), content);
        await rename(join(root, 'saved'), join(root, 'apps/signup/main.ts'));
      });
    }
  });

  it('reports files that are created in a new folder, changed and removed', async () => {
    const file = 'apps/billing/src/main.ts';
    await untilReported(file, async () => {
      await mkdir(join(root, 'apps/billing/src'), { recursive: true });
      await writeFile(join(root, file), 'one');
    });
    await untilReported(file, () => writeFile(join(root, file), 'two'));
    await untilReported(file, () => rm(join(root, file)));
  });
});
