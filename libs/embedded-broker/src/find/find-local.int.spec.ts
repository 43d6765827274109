import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findLocalNatsServer } from './find-nats-server.js';
import { newSearch, sayVersion, type TestSearch, writeProgram } from './search.fixture.js';

let search: TestSearch;
beforeEach(async () => {
  search = await newSearch();
});
afterEach(() => search.remove());

const find = () => findLocalNatsServer({ env: { ...search.env, CASCADE_CACHE: search.cacheDir } });
const cache = (version: string, script: string) =>
  writeProgram(join(search.cacheDir, 'nats-server', version, 'nats-server'), script);

describe('the nats-server on this machine', () => {
  it('comes from the PATH, or else from the cache', async () => {
    await cache('2.14.5', sayVersion('2.14.5'));
    await expect(find()).resolves.toMatchObject({
      server: { from: 'cache', version: '2.14.5' },
      refused: [],
    });
    await search.program('nats-server', sayVersion('2.15.1'));
    await expect(find()).resolves.toMatchObject({ server: { from: 'PATH', version: '2.15.1' }, refused: [] });
  });

  it('is undefined if no nats-server exists, and nothing is reported', async () => {
    await expect(find()).resolves.toEqual({ server: undefined, refused: [] });
  });

  it('is never an unusable nats-server, and the reason is reported', async () => {
    await search.program('nats-server', sayVersion('2.10.1'));
    await cache('2.14.5', 'exit 1');
    const { server, refused } = await find();
    expect(server).toBeUndefined();
    expect(refused.map(({ message }) => message)).toEqual([
      expect.stringContaining('nats-server 2.10.1'),
      expect.stringContaining('does not run here'),
    ]);
  });
});
