import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Writes the migrations that drizzle-kit generates for a schema, for specs of libraries. Specs of apps use the committed
 * migrations.
 *
 * @returns Path of a folder, which the caller must remove.
 */
export async function generateMigrations(schema: Record<string, unknown>): Promise<string> {
  // Loaded on demand, because the module is large and most specs need no migrations.
  const { generateDrizzleJson, generateMigration } = await import('drizzle-kit/api');
  const empty = generateDrizzleJson({});
  const statements = await generateMigration(empty, generateDrizzleJson(schema, empty.id));

  const folder = await mkdtemp(join(tmpdir(), 'cascade-migrations-'));
  const entry = {
    idx: 0,
    version: empty.version,
    when: Date.now(),
    tag: '0000_generated',
    breakpoints: true,
  };
  await mkdir(join(folder, 'meta'));
  await writeFile(
    join(folder, 'meta', '_journal.json'),
    JSON.stringify({ entries: statements.length > 0 ? [entry] : [] }),
  );
  await writeFile(join(folder, `${entry.tag}.sql`), statements.join('--> statement-breakpoint\n'));
  return folder;
}
