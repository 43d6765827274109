import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existingFiles, readChanges } from './changes.js';

let root: string;

const LOCK = {
  'apps/signup': { name: '@app/signup' },
  'node_modules/@app/signup': { link: true },
  'node_modules/rxjs': { version: '7.8.2' },
};

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'cascade-changes-')));
  git('init', '--quiet', '--initial-branch', 'main');
  await write('kept.ts', 'kept');
  await write('removed.ts', 'removed');
  await writeLock(LOCK);
  commit('start');
});

afterEach(() => rm(root, { recursive: true, force: true }));

it('Lists commits of the branch, uncommitted changes and new files, against where it left main', async () => {
  git('switch', '--quiet', '--create', 'branch');
  await write('committed.ts', 'committed');
  commit('branch');
  await write('new file.ts', 'new');
  await rm(join(root, 'removed.ts'));

  const changes = await readChanges(root);
  expect(changes.files).toEqual(['committed.ts', 'new file.ts', 'removed.ts']);
  expect(existingFiles(root, changes)).toEqual(['committed.ts', 'new file.ts']);
});

it('Compares with another commit on request', async () => {
  await write('kept.ts', 'changed');
  commit('second');
  expect((await readChanges(root)).files).toEqual([]);
  expect(await readChanges(root, 'HEAD~1')).toEqual({
    since: 'HEAD~1',
    files: ['kept.ts'],
    hasOtherPackages: false,
  });
});

it('Says what to do without a commit to compare with', async () => {
  await expect(readChanges(root, 'nowhere')).rejects.toThrow(
    'This checkout has no commit nowhere to compare with. Name a commit: npm test -- --changed=COMMIT',
  );
  git('branch', '--quiet', '--move', 'trunk');
  await expect(readChanges(root)).rejects.toThrow(
    'This checkout has neither origin/main nor main to compare with.',
  );
});

it('Distinguishes a new workspace from another third-party package', async () => {
  await writeLock({
    ...LOCK,
    'apps/orders': { name: '@app/orders' },
    'node_modules/@app/orders': { link: true },
  });
  expect((await readChanges(root)).hasOtherPackages).toBe(false);
  await writeLock({ ...LOCK, 'node_modules/rxjs': { version: '7.8.3' } });
  expect((await readChanges(root)).hasOtherPackages).toBe(true);
});

function git(...args: string[]): void {
  const identity = ['-c', 'user.name=Spec', '-c', 'user.email=spec@example.com'];
  execFileSync('git', [...identity, ...args], { cwd: root });
}

function commit(message: string): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
}

function write(file: string, content: string): Promise<void> {
  return writeFile(join(root, file), content);
}

function writeLock(packages: object): Promise<void> {
  return write('package-lock.json', JSON.stringify({ packages }));
}
