import { inbox } from '@cascade/outbox';
import { findMigrations } from '@cascade/store';
import { describe, expect, it } from '@jest/globals';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as schema from './schema.js';

describe('the committed migrations', () => {
  it('create the tables that the code declares', async () => {
    const meta = join(findMigrations('metadata-writer', import.meta.url), 'meta');
    const snapshots = (await readdir(meta)).filter((name) => name.endsWith('_snapshot.json')).sort();
    const committed = JSON.parse(await readFile(join(meta, snapshots.at(-1)!), 'utf8')) as ReturnType<
      typeof generateDrizzleJson
    >;
    const declared = generateDrizzleJson({ ...schema, inbox }, committed.id);
    expect(await generateMigration(committed, declared)).toEqual([]);
  });
});
