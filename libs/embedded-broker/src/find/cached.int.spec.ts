import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addToCache, cacheFolder, findCached } from './cached.js';
import { newSearch, sayVersion, type TestSearch, writeProgram } from './search.fixture.js';

let search: TestSearch;
beforeEach(async () => {
  search = await newSearch();
});
afterEach(() => search.remove());

const copyOf = (version: string) => join(search.cacheDir, 'nats-server', version, 'nats-server');

describe('step cache', () => {
  it('takes the newest copy', async () => {
    await writeProgram(copyOf('2.9.0'), sayVersion('2.9.0'));
    await writeProgram(copyOf('2.14.5'), sayVersion('2.14.5'));
    await writeProgram(copyOf('2.12.15'), sayVersion('2.12.15'));
    await expect(findCached(search)).resolves.toEqual({
      from: 'cache',
      version: '2.14.5',
      command: copyOf('2.14.5'),
    });
  });

  it('refuses a copy that does not run on this machine', async () => {
    await writeProgram(copyOf('2.14.5'), 'echo "cannot execute: Exec format error" >&2; exit 126');
    await expect(findCached(search)).rejects.toThrow('Exec format error');
  });

  it('refuses a copy that is older than its folder says', async () => {
    await writeProgram(copyOf('2.14.5'), sayVersion('2.10.1'));
    await expect(findCached(search)).rejects.toThrow('nats-server 2.10.1');
  });

  it('does not treat an empty cache as an error', async () => {
    await expect(findCached(search)).rejects.toMatchObject({ expected: true });
  });
});

describe('adding to the cache', () => {
  it('leaves one complete copy if many processes add a copy at the same time', async () => {
    const add = () =>
      addToCache(search, (folder) => writeProgram(join(folder, 'unpacked'), sayVersion('2.14.5')));
    const copies = await Promise.all(Array.from({ length: 8 }, add));
    expect(new Set(copies.map(({ command }) => command))).toEqual(new Set([copyOf('2.14.5')]));
    await expect(readdir(join(search.cacheDir, 'nats-server'))).resolves.toEqual(['2.14.5']);
    await expect(findCached(search)).resolves.toMatchObject({ version: '2.14.5' });
  });

  it.each([
    ['does not run', 'exit 1'],
    ['is too old', sayVersion('2.9.0')],
  ])('leaves nothing when what was unpacked %s', async (_, script) => {
    const adding = addToCache(search, (folder) => writeProgram(join(folder, 'unpacked'), script));
    await expect(adding).rejects.toThrow();
    await expect(readdir(join(search.cacheDir, 'nats-server'))).resolves.toEqual([]);
  });
});

describe('the cache folder', () => {
  it('is .cache next to nest-cli.json', async () => {
    await writeProgram(join(search.folder, 'nest-cli.json'), '');
    expect(cacheFolder({}, join(search.folder, 'dist/dev/libs/x'))).toBe(join(search.folder, '.cache'));
  });

  it('is CASCADE_CACHE if the variable is set', () => {
    expect(cacheFolder({ CASCADE_CACHE: '/somewhere/else' })).toBe('/somewhere/else');
  });

  it('must be set outside of a project', () => {
    expect(() => cacheFolder({}, search.folder)).toThrow('set CASCADE_CACHE');
  });
});
