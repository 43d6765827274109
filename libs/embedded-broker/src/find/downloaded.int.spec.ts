import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findCached } from './cached.js';
import { findDownloaded } from './downloaded.js';
import { newSearch, sayVersion, type TestSearch, writeProgram } from './search.fixture.js';

const VERSION = '2.14.5';
const PLATFORM = 'linux-amd64';
const PATH_ON_SERVER = `/v${VERSION}/nats-server-v${VERSION}-${PLATFORM}.tar.gz`;

let search: TestSearch;
let server: Server | undefined;
beforeEach(async () => {
  search = await newSearch();
  search.env['PATH'] = process.env['PATH'];
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  await search.remove();
});

/** Starts a server from which the search downloads the release instead of from GitHub. */
async function serve(listener: RequestListener): Promise<void> {
  const started = (server = createServer(listener));
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  search.env['NATS_SERVER_MIRROR'] = `http://127.0.0.1:${(started.address() as AddressInfo).port}/`;
}

/** Creates an archive with the layout of a release. */
async function archiveOf(script: string): Promise<Buffer> {
  const name = `nats-server-v${VERSION}-${PLATFORM}`;
  const program = await writeProgram(join(search.folder, 'release', name, 'nats-server'), script);
  const file = join(search.folder, 'release.tar.gz');
  execFileSync('tar', ['-czf', file, '-C', dirname(dirname(program)), name]);
  return readFile(file);
}

function releaseOf(archive: Buffer) {
  const checksum = createHash('sha256').update(archive).digest('hex');
  return { version: VERSION, checksums: { [PLATFORM]: checksum } };
}

const cached = () => readdir(join(search.cacheDir, 'nats-server')).catch(() => []);

describe('step download', () => {
  it('puts the pinned release into the cache', async () => {
    const archive = await archiveOf(sayVersion(VERSION));
    const requested: unknown[] = [];
    await serve((request, response) => {
      requested.push(request.url);
      response.end(archive);
    });
    const found = await findDownloaded(search, { release: releaseOf(archive), platform: PLATFORM });

    const command = join(search.cacheDir, 'nats-server', VERSION, 'nats-server');
    expect(found).toEqual({ from: 'download', version: VERSION, command });
    expect(requested).toEqual([PATH_ON_SERVER]);
    expect(search.lines).toEqual([expect.stringContaining(`fetching nats-server ${VERSION}`)]);
    await expect(findCached(search)).resolves.toMatchObject({ command });
    await expect(cached()).resolves.toEqual([VERSION]);
  });

  it('follows a redirect, which GitHub sends', async () => {
    const archive = await archiveOf(sayVersion(VERSION));
    await serve((request, response) => {
      if (request.url === PATH_ON_SERVER) response.writeHead(302, { location: '/storage/42' }).end();
      else response.end(archive);
    });
    const found = findDownloaded(search, { release: releaseOf(archive), platform: PLATFORM });
    await expect(found).resolves.toMatchObject({ version: VERSION });
  });

  it('refuses a file whose checksum differs from the pinned checksum, and leaves the cache empty', async () => {
    const archive = await archiveOf(sayVersion(VERSION));
    await serve((_, response) => response.end(archive));
    const { checksums } = releaseOf(archive);
    await expect(findDownloaded(search, { platform: PLATFORM })).rejects.toThrow(
      new RegExp(`refused: its SHA-256 is ${checksums[PLATFORM]}, and 5e3b603d\\w+ was expected`),
    );
    await expect(cached()).resolves.toEqual([]);
  });

  it('leaves the cache empty after an interrupted download', async () => {
    const archive = await archiveOf(sayVersion(VERSION));
    await serve((_, response) => {
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, 100), () => response.destroy());
    });
    const found = findDownloaded(search, { release: releaseOf(archive), platform: PLATFORM });
    await expect(found).rejects.toThrow(`${PATH_ON_SERVER}: `);
    await expect(cached()).resolves.toEqual([]);
  });

  it('leaves the cache empty if the nats-server in the archive does not run', async () => {
    const archive = await archiveOf('exit 1');
    await serve((_, response) => response.end(archive));
    const found = findDownloaded(search, { release: releaseOf(archive), platform: PLATFORM });
    await expect(found).rejects.toThrow('does not run here');
    await expect(cached()).resolves.toEqual([]);
  });

  it('gives up on a server that does not answer', async () => {
    await serve(() => {});
    const found = findDownloaded(search, { platform: PLATFORM, answerTimeout: 100 });
    await expect(found).rejects.toThrow('no answer within 100 ms');
  });

  it('gives up on a download that never ends', async () => {
    await serve((_, response) => void response.write('some'));
    const found = findDownloaded(search, { platform: PLATFORM, totalTimeout: 200 });
    await expect(found).rejects.toThrow('not complete within 200 ms');
  });

  it('reports the answer of a server that does not have the file', async () => {
    await serve((_, response) => response.writeHead(404).end());
    await expect(findDownloaded(search, { platform: PLATFORM })).rejects.toThrow(
      'the server answered 404 Not Found',
    );
  });

  it('reports why a server cannot be reached, and what to do', async () => {
    await serve(() => {});
    await new Promise((resolve) => server?.close(resolve));
    await expect(findDownloaded(search, { platform: PLATFORM })).rejects.toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringContaining('NATS_SERVER_MIRROR'),
    });
  });

  it('fetches nothing for a platform without a checksum', async () => {
    await expect(findDownloaded(search, { platform: 'sunos-sparc' })).rejects.toMatchObject({
      message: expect.stringContaining('sunos-sparc'),
      remedy: expect.stringContaining('install nats-server'),
    });
    expect(search.lines).toEqual([]);
  });
});
