import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findNatsServer, NatsServerNotFoundError } from './find-nats-server.js';
import { newSearch, sayVersion, type TestSearch, writeProgram } from './search.fixture.js';

let search: TestSearch;
beforeEach(async () => {
  search = await newSearch();
  // Port 9 is the discard port, on which no server listens.
  search.env['NATS_SERVER_MIRROR'] = 'http://127.0.0.1:9/mirror';
  search.env['CASCADE_CACHE'] = search.cacheDir;
});
afterEach(() => search.remove());

const putIntoCache = () =>
  writeProgram(join(search.cacheDir, 'nats-server/2.14.5/nats-server'), sayVersion('2.14.5'));

describe('the search for a nats-server', () => {
  it('prefers the PATH to the cache, and reports the chosen server', async () => {
    await putIntoCache();
    const command = await search.program('nats-server', sayVersion('2.12.1'));
    await expect(findNatsServer(search)).resolves.toEqual({ from: 'PATH', version: '2.12.1', command });
    expect(search.lines).toEqual([`nats-server 2.12.1 from the PATH (${command})`]);
  });

  it('reports an old server on the PATH, and takes the cached server', async () => {
    const command = await putIntoCache();
    const old = await search.program('nats-server', sayVersion('2.9.11'));
    await expect(findNatsServer(search)).resolves.toMatchObject({ from: 'cache' });
    expect(search.lines).toEqual([
      `nats-server 2.9.11 (${old}) is older than 2.12.0, so it is not used`,
      `nats-server 2.14.5 from the cache (${command})`,
    ]);
  });

  it('tries Docker last', async () => {
    await search.program('docker', sayVersion('2.14.5'));
    await expect(findNatsServer(search)).resolves.toMatchObject({ from: 'docker' });
  });

  it('lists what happened at every step and what to do, if all fail', async () => {
    await search.program('nats-server', sayVersion('2.9.11'));
    const error = await findNatsServer(search).catch((thrown: unknown) => thrown as NatsServerNotFoundError);
    expect(error).toBeInstanceOf(NatsServerNotFoundError);
    const { message, failures } = error as NatsServerNotFoundError;
    expect([...failures.keys()]).toEqual(['PATH', 'cache', 'download', 'package', 'docker']);
    expect(message.split('\n')).toEqual([
      'No nats-server 2.12.0 or newer could be found or fetched.',
      expect.stringMatching(
        /^ {2}PATH {6}nats-server 2\.9\.11 \(.*\) is older than 2\.12\.0, so it is not used$/,
      ),
      '            -> upgrade it to 2.12.0 or newer',
      expect.stringMatching(/^ {2}cache {5}nothing in .* yet$/),
      expect.stringMatching(/^ {2}download {2}http:\/\/127\.0\.0\.1:9\/mirror\/v2.*: .+/),
      expect.stringContaining('-> connect to the Internet for the first start'),
      '  package   no apt-get on the PATH',
      '  docker    no docker on the PATH',
      expect.stringMatching(/^One of these is enough\..*brew install nats-server.*NATS_URL/),
    ]);
  });

  it('continues if the cache cannot be written', async () => {
    await mkdir(join(search.folder, 'bin'));
    await writeFile(search.cacheDir, 'a file where the folder should be');
    await search.program('docker', sayVersion('2.14.5'));
    await expect(findNatsServer(search)).resolves.toMatchObject({ from: 'docker' });
  });
});
