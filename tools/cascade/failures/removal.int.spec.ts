import type { RemovalResult } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bank } from '../test/orders.js';
import type { Ended } from '../test/session.js';
import { ShopSystem } from '../test/shop-system.js';
import { readArchive, writeArchive } from './archive-file.js';

const WHY = ['--by', 'ann', '--reason', 'no room'];

describe('cascade failures archive, purge and restore', () => {
  let shop: ShopSystem;
  let folder: string;
  let orders = 0;

  beforeAll(async () => {
    shop = await ShopSystem.start();
    folder = await mkdtemp(join(tmpdir(), 'cascade-archive-'));
  });
  beforeEach(async () => {
    for (let number = 0; number < 3; number++) await shop.place(`order-${orders++}`, 'declined');
    await listed(3, 'open');
  });
  afterEach(async () => {
    bank.isOpen = false;
    await shop.cascade('failures', 'purge', '--all', ...WHY);
    await shop.cascade('failures', 'purge', '--state', 'open', ...WHY);
  });
  afterAll(async () => {
    await shop.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Listed {
    total: number;
    failures: { id: string; state: string; eventId: string }[];
  }
  const list = (...filters: string[]) => shop.json<Listed>('failures', 'list', ...filters);
  const listed = (count: number, state: string) =>
    eventually(async () => expect(await list('--state', state)).toMatchObject({ total: count }));
  /** Replays one of the three failures successfully. */
  async function handleOne(): Promise<string> {
    const { id } = (await list('--state', 'open')).failures[0]!;
    bank.isOpen = true;
    await shop.cascade('replay', '--failure', id, ...WHY);
    await shop.answered(id);
    bank.isOpen = false;
    return id;
  }
  const audits = () => shop.count('EVENTS', 'events.failures.removed');

  it('purge shows in a dry run what it would remove, and what would stay', async () => {
    await handleOne();
    const before = await audits();
    const { code, stdout } = await shop.cascade('failures', 'purge', '--all', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^processor +event +error +state +failures +bytes\nbilling +order\.placed +CardDeclined +handled +1 +\d+\n\n1 failure, [\d.]+ KiB, would be removed\. Nothing was removed\.\n2 more stay: open, under way, .*--state/,
    );
    expect(await shop.json<object>('failures', 'purge', '--all', '--dry-run')).toMatchObject({
      total: 1,
      left: 2,
      groups: [{ state: 'handled', count: 1 }],
    });
    expect(await audits()).toBe(before);
    expect(await list()).toMatchObject({ total: 3 });
  });

  it('purge removes handled failures, and open failures with --state open', async () => {
    const id = await handleOne();
    const { code, stdout } = await shop.cascade('failures', 'purge', '--processor', 'billing', ...WHY);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^1 failure removed, [\d.]+ KiB\.\nRemoval \S+\. .*\n2 more stay: open/),
    });
    expect((await list()).failures.map((failure) => failure.id)).not.toContain(id);
    const audit = await shop.manager.streams.getMessage('EVENTS', {
      last_by_subj: 'events.failures.removed',
    });
    expect(audit!.json()).toMatchObject({
      by: 'ann',
      reason: 'no room',
      count: 1,
      selection: { processor: 'billing' },
    });

    const open = await shop.json<RemovalResult>('failures', 'purge', '--state', 'open', ...WHY);
    expect(open).toMatchObject({ total: 2, removed: 2, skipped: 0, stopped: false });
    expect(await list()).toMatchObject({ total: 0 });
    expect((await shop.cascade('failures', 'purge', '--all', ...WHY)).stdout).toBe(
      'There is nothing to remove.\n',
    );
  });

  it('archive writes failures to a file and removes them; restore puts each back once', async () => {
    const handled = await handleOne();
    const before = await list();
    const file = join(folder, 'all.jsonl');
    const { stdout } = await shop.cascade('failures', 'archive', '--to', file, '--all', ...WHY);
    expect(stdout).toMatch(/^1 failure archived in .*all\.jsonl\.\n1 failure removed/);
    const second = join(folder, 'open.jsonl');
    await shop.cascade('failures', 'archive', '--to', second, '--state', 'open', ...WHY);
    expect(await list()).toMatchObject({ total: 0 });

    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const lines = (await readFile(second, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    const [line] = lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(line).toMatchObject({
      subject: 'failed.billing.order.placed',
      failure: { error: { name: 'CardDeclined' }, original: { body: { encoding: 'utf-8' } } },
    });
    const audit = await shop.manager.streams.getMessage('EVENTS', {
      last_by_subj: 'events.failures.removed',
    });
    expect(audit!.json()).toMatchObject({ count: 2, savedTo: second });

    for (const archive of [file, second]) {
      const restored = await shop.cascade('failures', 'restore', archive);
      expect(restored).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^[12] failures? restored\.\n/),
      });
    }
    const again = await shop.cascade('failures', 'restore', second);
    expect(again.stdout).toBe('0 failures restored, 2 were in the stream already.\n');
    const ids = ({ failures }: Listed) =>
      failures.map(({ id, state, eventId }) => [id, state, eventId]).sort();
    expect(ids(await list())).toEqual(ids(before));
    expect((await list('--state', 'handled')).failures[0]!.id).toBe(handled);
  });

  it('archive overwrites no file, and creates none if there is nothing to archive', async () => {
    const file = join(folder, 'mine.txt');
    await writeFile(file, 'mine');
    const archive = ['failures', 'archive', '--state', 'open', ...WHY, '--to'];
    const refused = await shop.cascade(...archive, file);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`${file} already exists`);
    expect(await readFile(file, 'utf8')).toBe('mine');

    const nowhere = await shop.cascade(...archive, join(folder, 'no', 'such'));
    expect(nowhere.stderr).toMatch(/cannot be written: .*ENOENT/);
    const nothing = await shop.cascade(...archive, join(folder, 'nothing'), '--error', 'Other');
    expect(nothing).toMatchObject({ code: 0, stdout: 'There is nothing to remove.\n' });
    await shop.cascade(...archive, join(folder, 'dry'), '--dry-run');
    expect(await readdir(folder)).not.toEqual(expect.arrayContaining(['nothing']));
    expect(await readdir(folder)).not.toEqual(expect.arrayContaining(['dry']));
    expect(await list()).toMatchObject({ total: 3 });
  });

  it('archive removes nothing if the disk stored only a part of the last failure', async () => {
    const file = join(folder, 'no-room.jsonl');
    const { id } = (await list()).failures[0]!;
    const args = ['failures', 'archive', '--to', file, '--failure', id, '--state', 'open', ...WHY];
    const { code, stderr } = await withSmallFiles(args, shop.env);
    expect(stderr).toMatch(/no-room\.jsonl cannot be written: .*EFBIG.*\nNothing was removed/);
    expect(code).toBe(1);
    expect(await readdir(folder)).not.toContain('no-room.jsonl');
    expect(await list()).toMatchObject({ total: 3 });
  });

  it('archive removes nothing if the file does not contain what was written to it', async () => {
    const whole = join(folder, 'whole.jsonl');
    await shop.cascade('failures', 'archive', '--to', whole, '--state', 'open', ...WHY);
    const spoilt = join(folder, 'spoilt.jsonl');
    const { signal } = new AbortController();
    async function* spoiling() {
      yield* readArchive(whole);
      await truncate(spoilt, 100);
    }
    await expect(writeArchive(spoilt, spoiling(), signal)).rejects.toThrow(/Line 1 of .*spoilt\.jsonl/);
    expect(await readdir(folder)).not.toContain('spoilt.jsonl');
    await shop.cascade('failures', 'restore', whole);
    await listed(3, 'open');
  });

  it('restore restores nothing from a file with a line that is not an archived failure', async () => {
    const file = join(folder, 'cut-off.jsonl');
    await shop.cascade('failures', 'archive', '--to', file, '--state', 'open', ...WHY);
    const text = await readFile(file, 'utf8');
    const cutOff = join(folder, 'cut-off-2.jsonl');
    await writeFile(cutOff, text.slice(0, -20));
    expect(await shop.cascade('failures', 'restore', cutOff)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Line 3 of ${cutOff} is not an archived failure.`),
    });
    expect(await list()).toMatchObject({ total: 0 });
    expect(await shop.cascade('failures', 'restore', join(folder, 'none'))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cannot be read: .*ENOENT/),
    });
    await shop.cascade('failures', 'restore', file);
    await listed(3, 'open');
  });

  it('archive removes nothing while EVENTS is full, leaves no file, and says how to make room', async () => {
    const file = join(folder, 'full.jsonl');
    const archive = ['failures', 'archive', '--to', file, '--state', 'open', ...WHY];
    const { config, state } = await shop.manager.streams.info('EVENTS');
    await shop.manager.streams.update('EVENTS', { max_bytes: state.bytes });
    try {
      expect(await shop.cascade(...archive)).toEqual({
        code: 1,
        stdout: '',
        stderr:
          'Nothing was removed: EVENTS did not confirm the audit event, which is stored first (maximum bytes exceeded). ' +
          'If EVENTS is full, make room there first: `node cascade doctor` says how.\n',
      });
    } finally {
      await shop.manager.streams.update('EVENTS', { max_bytes: config.max_bytes });
    }
    expect(await list()).toMatchObject({ total: 3 });
    expect(await shop.cascade(...archive)).toMatchObject({ code: 0 });
    expect(await list()).toMatchObject({ total: 0 });
  });

  it('stops at Ctrl-C between two failures, and says so', async () => {
    const session = shop.session('failures', 'purge', '--state', 'open', ...WHY);
    session.interrupt();
    const { code, stdout } = await session.ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Stopped: 0 of 3 failures removed/);
    expect(await list()).toMatchObject({ total: 3 });
  });

  it('archive stops at Ctrl-C while it writes, and leaves no file', async () => {
    const file = join(folder, 'stopped.jsonl');
    const session = shop.session('failures', 'archive', '--to', file, '--state', 'open', ...WHY);
    session.interrupt();
    expect(await session.ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Stopped. Nothing was removed, and no file is left.\n',
    });
    expect(await readdir(folder)).not.toContain('stopped.jsonl');
    expect(await list()).toMatchObject({ total: 3 });
  });

  it('archive stops at Ctrl-C while it removes, and says how to continue', async () => {
    const file = join(folder, 'in-part.jsonl');
    const archive = ['failures', 'archive', '--state', 'open', ...WHY, '--to'];
    const session = shop.session(...archive, file);
    const audit = shop.client.subscribe('events.failures.removed', { callback: () => session.interrupt() });
    await shop.client.flush();
    const { code, stdout } = await session.ended;
    audit.unsubscribe();
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^3 failures archived in .*in-part\.jsonl\.\nStopped: [0-2] of 3 failures removed\. The same command with another file archives and removes the rest\.\n/,
    );
    const rest = join(folder, 'rest.jsonl');
    expect(await shop.cascade(...archive, rest)).toMatchObject({ code: 0 });
    expect(await list()).toMatchObject({ total: 0 });
  });

  it.each([
    [['purge', '--reason', 'x'], /No failures were chosen.*--all/s],
    [['purge', '--all'], /needs a reason.*--reason/s],
    [['purge', '--all', '--reason', 'x', '--by', ''], /--by must name who asks/],
    [['purge', '--failure', 'none', '--reason', 'x'], /^No such failure was found: none\.\n.*list/],
    [['archive', '--all', '--reason', 'x'], /--to/],
    [['purge', '--state', 'closed'], /open, requested, handled, failed-again/],
    [['restore'], /missing required argument/],
  ])('refuse %j', async (args, message) => {
    const { code, stdout, stderr } = await shop.cascade('failures', ...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBeGreaterThan(0);
  });
});

/** Runs a command in a process whose files can have only one block of 512 or 1,024 bytes. */
function withSmallFiles(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const hooks = fileURLToPath(new URL('../../../libs/testing/node/typescript.mjs', import.meta.url));
  const command = fileURLToPath(new URL('../test/command.ts', import.meta.url));
  const limited = [
    '-c',
    'ulimit -f 1; exec "$@"',
    'sh',
    process.execPath,
    '--import',
    hooks,
    command,
    ...args,
  ];
  return new Promise((resolve) => {
    const child = execFile('sh', limited, { env: { ...process.env, ...env } }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? 0, stdout, stderr }),
    );
  });
}
