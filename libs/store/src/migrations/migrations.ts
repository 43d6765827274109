import { sql } from 'drizzle-orm';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from '../database.js';
import { MigrationError, MigrationsNotFoundError, reasonOf } from '../errors.js';

const JOURNAL = 'meta/_journal.json';

const APPLIED = sql`drizzle.__drizzle_migrations`;

/**
 * Finds the committed migrations of an app. Returns `apps/<app>/migrations` in the nearest folder above the caller that contains
 * this path. Works from the sources, from a build and in an image.
 *
 * @param app Name of the app's folder under `apps/`.
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
          'Copy that folder next to the build, or generate the first migration with drizzle-kit generate.',
      );
    }
  }
}

/** @throws MigrationsNotFoundError */
export function assertMigrations(folder: string): void {
  if (existsSync(join(folder, JOURNAL))) return;
  throw new MigrationsNotFoundError(
    `No migrations in ${folder}: there is no ${JOURNAL}. Generate the first migration with drizzle-kit generate.`,
  );
}

/**
 * Applies the missing migrations. Call this function in a transaction, so that a failure leaves the database unchanged.
 *
 * Migrations are recorded in the format of Drizzle's migrator, so drizzle-kit can be used on the database too. Drizzle's own
 * migrator cannot run behind a lock, because it opens its own transactions. Drizzle's migrator also silently skips migrations
 * that are older than the newest applied migration.
 *
 * @throws MigrationError
 */
export async function applyMigrations(tx: Database, folder: string): Promise<void> {
  try {
    const applied = await readApplied(tx);
    const missing = readMigrationFiles({ migrationsFolder: folder }).filter(
      ({ folderMillis }) => !applied.has(folderMillis),
    );
    assertNewer(missing, applied, folder);
    for (const migration of missing) await apply(tx, migration);
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause;
    throw new MigrationError(`The migrations in ${folder} could not be applied: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Returns the times at which the applied migrations were generated. Creates Drizzle's table of migrations if the table is
 * missing.
 */
async function readApplied(tx: Database): Promise<Set<number>> {
  const { rows: tables } = await tx.execute(sql`select to_regclass('drizzle.__drizzle_migrations') as name`);
  if (tables[0]?.['name'] === null) {
    await tx.execute(sql`create schema if not exists drizzle`);
    await tx.execute(
      sql`create table ${APPLIED} (id serial primary key, hash text not null, created_at bigint)`,
    );
  }
  const { rows } = await tx.execute(sql`select created_at from ${APPLIED}`);
  return new Set(rows.map((row) => Number(row['created_at'])));
}

/**
 * Throws if a missing migration is older than the newest applied migration. A branch may have been merged late, or two services
 * may share the database.
 */
function assertNewer(missing: readonly MigrationMeta[], applied: Set<number>, folder: string): void {
  const newest = Math.max(...applied);
  const older = missing.filter(({ folderMillis }) => folderMillis < newest);
  if (older.length === 0) return;
  throw new MigrationError(
    `${older.length} of the migrations in ${folder} are older than those that this database already has, and were not applied. ` +
      'Either the database belongs to another service (each service needs its own), or a migration was merged late: generate it again.',
  );
}

async function apply(tx: Database, { sql: statements, hash, folderMillis }: MigrationMeta): Promise<void> {
  for (const statement of statements) await tx.execute(sql.raw(statement));
  await tx.execute(sql`insert into ${APPLIED} (hash, created_at) values (${hash}, ${folderMillis})`);
}
