import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.js';
import { MigrationError, MigrationsNotFoundError, reasonOf } from './errors.js';

const JOURNAL = 'meta/_journal.json';

/**
 * The folder of an app's committed migrations, `apps/<app>/migrations` in the nearest folder above a module that has it:
 * from the sources, from either build and from an image alike.
 *
 * @param app Folder of the app under `apps/`.
 * @param from `import.meta.url` of the caller.
 * @throws MigrationsNotFoundError
 */
export function findMigrations(app: string, from: string): string {
  const start = dirname(fileURLToPath(from));
  for (let folder = start; ; folder = dirname(folder)) {
    const migrations = join(folder, 'apps', app, 'migrations');
    if (existsSync(join(migrations, JOURNAL))) return migrations;
    if (folder === dirname(folder)) {
      throw new MigrationsNotFoundError(
        `No migrations of ${app}: neither ${start} nor a folder above it has apps/${app}/migrations/${JOURNAL}. ` +
          'Copy that folder next to the build, or write the first migration with drizzle-kit generate.',
      );
    }
  }
}

/** @throws MigrationsNotFoundError */
export function assertMigrations(folder: string): void {
  if (existsSync(join(folder, JOURNAL))) return;
  throw new MigrationsNotFoundError(
    `No migrations in ${folder}: there is no ${JOURNAL}. Write the first one with drizzle-kit generate.`,
  );
}

/**
 * Applies what is missing, in one transaction: all or nothing.
 *
 * @param migrate Drizzle's migrator for the driver.
 * @throws MigrationError
 */
export async function applyMigrations(
  db: Database,
  folder: string,
  migrate: () => Promise<void>,
): Promise<void> {
  try {
    await migrate();
  } catch (cause) {
    throw new MigrationError(`The migrations in ${folder} could not be applied: ${reasonOf(cause)}`, {
      cause,
    });
  }
  await assertComplete(db, folder);
}

/**
 * Drizzle skips, silently, every migration that is older than the newest one applied: one that was merged late, or all
 * those of a second service that was given the same database.
 */
async function assertComplete(db: Database, folder: string): Promise<void> {
  const { rows } = await db.execute<{ created_at: string }>(
    sql`select created_at from drizzle.__drizzle_migrations`,
  );
  const applied = new Set(rows.map((row) => Number(row.created_at)));
  const skipped = readMigrationFiles({ migrationsFolder: folder }).filter(
    (migration) => !applied.has(migration.folderMillis),
  );
  if (skipped.length === 0) return;
  throw new MigrationError(
    `${skipped.length} of the migrations in ${folder} are older than those that this database already has, and were not applied. ` +
      'Either the database belongs to another service (each needs one of its own), or a migration was merged late: generate it again.',
  );
}
