import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findOnPath } from './on-path.js';
import { newSearch, sayVersion, type TestSearch } from './search.fixture.js';

describe('step PATH', () => {
  let search: TestSearch;
  beforeEach(async () => {
    search = await newSearch();
  });
  afterEach(() => search.remove());

  it('accepts a nats-server that is new enough', async () => {
    const command = await search.program('nats-server', sayVersion('2.12.0'));
    await expect(findOnPath(search)).resolves.toEqual({ from: 'PATH', version: '2.12.0', command });
  });

  it('refuses an older nats-server, and names both versions', async () => {
    const command = await search.program('nats-server', sayVersion('2.9.11'));
    await expect(findOnPath(search)).rejects.toMatchObject({
      message: `nats-server 2.9.11 (${command}) is older than 2.12.0, so it is not used`,
      expected: false,
    });
  });

  it.each([
    ['fails', 'echo broken >&2; exit 1', 'broken'],
    ['prints no version', 'true', 'it prints no version'],
  ])('refuses one that %s', async (_, script, reason) => {
    const command = await search.program('nats-server', script);
    await expect(findOnPath(search)).rejects.toThrow(`${command} does not run here: ${reason}`);
  });

  it('does not treat a missing nats-server as an error', async () => {
    await expect(findOnPath(search)).rejects.toMatchObject({
      message: 'no nats-server on the PATH',
      expected: true,
    });
  });
});
