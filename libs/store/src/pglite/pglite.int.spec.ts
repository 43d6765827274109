import { eventually, startScript } from '@cascade/testing';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations, notes } from '../../test/notes.js';
import { StoreDirectoryError, StoreLockedError } from '../errors.js';
import { openStore } from '../open-store.js';
import type { Store } from '../store.js';
import { copyPgliteTemplate, pgliteTemplate } from './pglite-template.js';

const appendRows = new URL('../../test/append-rows.ts', import.meta.url);

let folder: string;
let dataDir: string;
let stores: Store[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cascade-pglite-'));
  dataDir = join(folder, 'data');
  stores = [];
});

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(stores.map((store) => store.close()));
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<Store<{ notes: typeof notes }>> {
  const store = await openStore({ schema: { notes }, migrations, dataDir });
  stores.push(store);
  return store;
}

it('creates the database in an empty folder, even after the first opening was killed', async () => {
  await mkdir(join(dataDir, 'cluster.unfinished'), { recursive: true });
  await writeFile(join(dataDir, 'cluster.unfinished', 'PG_VERSION'), '18\n');
  await expect((await open()).ready()).resolves.toBeUndefined();
});

/** Copies the template into the folder, so that the first opening is quick. */
async function copyTemplate(): Promise<void> {
  const cache = join(import.meta.dirname, '../../../../.cache');
  await copyPgliteTemplate(await pgliteTemplate(cache), dataDir);
}

it('is refused to a second process, and keeps every committed row when the first is killed', async () => {
  await copyTemplate();
  const writer = startScript(appendRows, [dataDir]);
  try {
    expect(await writer.nextLine()).toBe('open');
    const refused = await open().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreLockedError);
    expect(refused).toMatchObject({ directory: dataDir, pid: writer.pid });
    expect((refused as Error).message).toContain(
      `${dataDir} is already open in another process (pid ${writer.pid})`,
    );
    expect((refused as Error).message).toContain('DATA_DIR');

    let acknowledged = 0;
    while (acknowledged < 100) acknowledged = Number(await writer.nextLine());
    await writer.kill();
    const { db } = await open();
    const rows = await db.select({ id: notes.id }).from(notes).orderBy(notes.id);
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
    expect(rows.map(({ id }) => id)).toEqual(rows.map((_, index) => index + 1));
  } finally {
    await writer.kill();
  }
});

it('is refused to a second store of the same process until the first is closed', async () => {
  await copyTemplate();
  const first = await open();
  await expect(open()).rejects.toThrow(/already open in this process/);
  await first.close();
  await expect(open()).resolves.toBeDefined();
});

it('names the folder that cannot be created, and what to do', async () => {
  await writeFile(dataDir, 'a file in the way');
  const opening = openStore({ schema: {}, migrations, dataDir });
  await expect(opening).rejects.toThrow(StoreDirectoryError);
  await expect(opening).rejects.toThrow(dataDir);
  await expect(opening).rejects.toThrow('DATA_DIR');
});

it('writes a checkpoint every minute, so that its write-ahead log does not grow', async () => {
  await copyTemplate();
  onlyIntervalsByHand();
  const store = await open();
  const lastCheckpoint = async () => {
    const { rows } = await store.db.execute<{ lsn: string }>(
      sql`select checkpoint_lsn as lsn from pg_control_checkpoint()`,
    );
    return rows[0]?.lsn;
  };
  const before = await lastCheckpoint();
  await store.db.insert(notes).values({ id: 1, text: 'a change' });
  jest.advanceTimersByTime(59_000);
  expect(await lastCheckpoint()).toBe(before);
  jest.advanceTimersByTime(1_000);
  await eventually(async () => expect(await lastCheckpoint()).not.toBe(before));
});

/** Lets Jest's clock drive the intervals that are set from now on. All other timers use the real time. */
function onlyIntervalsByHand(): void {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setTimeout'],
  });
}
