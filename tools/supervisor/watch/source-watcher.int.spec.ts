import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchSources } from './source-watcher.js';

let root: string;
let told: string[];
let end: () => Promise<void>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-sources-'));
  await mkdir(join(root, 'apps/signup'), { recursive: true });
  await writeFile(join(root, 'apps/signup/main.ts'), 'first');
  told = [];
  const onChange = (files: readonly string[]) => {
    told.push(...files);
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

/** Resolves when a change that `change` makes has been told. */
async function untilTold(file: string, change: () => Promise<void>): Promise<void> {
  told = [];
  await change();
  await eventually(() => expect(told).toContain(file), { timeout: 5_000 });
}

describe('watchSources', () => {
  it('tells of a file each time that it is written', async () => {
    for (const content of ['one', 'two', 'three']) {
      await untilTold('apps/signup/main.ts', () => writeFile(join(root, 'apps/signup/main.ts'), content));
    }
  });

  it('tells of a file each time that another takes its place, which is how many editors save', async () => {
    for (const content of ['one', 'two', 'three']) {
      await untilTold('apps/signup/main.ts', async () => {
        await writeFile(join(root, 'saved'), content);
        await rename(join(root, 'saved'), join(root, 'apps/signup/main.ts'));
      });
    }
  });

  it('tells of files that come in a new folder, change there, and go', async () => {
    const file = 'apps/billing/src/main.ts';
    await untilTold(file, async () => {
      await mkdir(join(root, 'apps/billing/src'), { recursive: true });
      await writeFile(join(root, file), 'one');
    });
    await untilTold(file, () => writeFile(join(root, file), 'two'));
    await untilTold(file, () => rm(join(root, file)));
  });
});
