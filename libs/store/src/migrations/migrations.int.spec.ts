import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MigrationsNotFoundError } from '../errors.js';
import { findMigrations } from './migrations.js';
import { openStore } from '../open-store.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-migrations-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function migrationsIn(folder: string): Promise<string> {
  const migrations = join(root, folder, 'apps/signup/migrations');
  await mkdir(join(migrations, 'meta'), { recursive: true });
  await writeFile(join(migrations, 'meta/_journal.json'), '{}');
  return migrations;
}

it('are found from the sources, from a build below them, and from a build that has its own copy', async () => {
  const migrations = await migrationsIn('.');
  const from = (module: string) => findMigrations('signup', pathToFileURL(join(root, module)).href);
  expect(from('apps/signup/src/signup.module.js')).toBe(migrations);
  expect(from('dist/dev/apps/signup/src/signup.module.js')).toBe(migrations);

  const copied = await migrationsIn('dist/image');
  expect(from('dist/image/apps/signup/src/signup.module.js')).toBe(copied);
});

it('are reported missing, with the folders that were searched', async () => {
  await migrationsIn('.');
  const from = pathToFileURL(join(root, 'apps/notifier/src/main.js')).href;
  expect(() => findMigrations('notifier', from)).toThrow(MigrationsNotFoundError);
  expect(() => findMigrations('notifier', from)).toThrow(join(root, 'apps/notifier/src'));

  const opening = openStore({ schema: {}, migrations: root, dataDir: join(root, 'data') });
  await expect(opening).rejects.toThrow(MigrationsNotFoundError);
  await expect(opening).rejects.toThrow(`No migrations in ${root}`);
});
