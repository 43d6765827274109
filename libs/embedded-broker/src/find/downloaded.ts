import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../run.js';
import { addToCache, EXECUTABLE } from './cached.js';
import type { NatsServer } from './nats-server.js';
import { archivePath, PINNED_RELEASE, platformName } from './release.js';
import { type Search, StepFailedError } from './step.js';

const GITHUB_RELEASES = 'https://github.com/nats-io/nats-server/releases/download';

/** Runs the step "download", which fetches the pinned release from GitHub, or from `NATS_SERVER_MIRROR`, into the cache. */
export async function findDownloaded(
  search: Search,
  {
    release = PINNED_RELEASE,
    platform = platformName(),
    answerTimeout = 10_000,
    totalTimeout = 120_000,
  } = {},
): Promise<NatsServer> {
  const checksum = release.checksums[platform];
  if (!checksum) {
    throw new StepFailedError(`no checksum is known here for nats-server ${release.version} on ${platform}`, {
      remedy: 'install nats-server yourself (see https://nats.io/download)',
    });
  }
  const path = archivePath(release.version, platform);
  const base = search.env['NATS_SERVER_MIRROR']?.replace(/\/+$/, '') || GITHUB_RELEASES;
  const url = `${base}/${path}`;

  search.report(`fetching nats-server ${release.version} from ${base}`);
  const archive = await download(url, answerTimeout, totalTimeout);
  verify(archive, checksum, url);

  const copy = await addToCache(search, async (folder) => {
    const file = join(folder, basename(path));
    await writeFile(file, archive);
    await unpack(file, folder, search.env);
    return join(folder, basename(path).replace(/\.(tar\.gz|zip)$/, ''), EXECUTABLE);
  });
  return { from: 'download', ...copy };
}

/**
 * Downloads a file of about 7 MB. `answerTimeout` limits the wait for the response, and `totalTimeout` limits the whole download.
 * Both are in milliseconds.
 */
async function download(url: string, answerTimeout: number, totalTimeout: number): Promise<Buffer> {
  const timeout = new AbortController();
  const giveUp = (reason: string) => timeout.abort(new Error(reason));
  const answer = setTimeout(giveUp, answerTimeout, `no answer within ${answerTimeout} ms`);
  const total = setTimeout(giveUp, totalTimeout, `not complete within ${totalTimeout} ms`);
  try {
    const response = await fetch(url, { signal: timeout.signal });
    clearTimeout(answer);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`);
    return Buffer.from(await response.arrayBuffer());
  } catch (error) {
    throw new StepFailedError(`${url}: ${reasonOf(error as Error)}`, {
      remedy:
        'connect to the Internet for the first start, or set NATS_SERVER_MIRROR to a mirror of the releases',
      cause: error,
    });
  } finally {
    clearTimeout(answer);
    clearTimeout(total);
  }
}

/**
 * Returns the reason why `fetch` failed. The cause of the error usually contains the reason. If a host has two addresses, the
 * cause has a code but no message.
 */
function reasonOf({ message, cause }: Error): string {
  const { message: why, code } = (cause ?? {}) as NodeJS.ErrnoException;
  return why || code || message;
}

function verify(archive: Buffer, expected: string, url: string): void {
  const found = createHash('sha256').update(archive).digest('hex');
  if (found === expected) return;
  throw new StepFailedError(`${url} was refused: its SHA-256 is ${found}, and ${expected} was expected`, {
    remedy: 'the file was modified in transit: check the server at that address (a proxy, the mirror) first',
  });
}

/** Unpacks an archive. The `tar` of Windows 10 and newer reads zip files, whereas the `tar` of Git does not. */
async function unpack(file: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const windows = process.platform === 'win32';
  const tar = windows ? join(env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'tar.exe') : 'tar';
  const { ok, lastLine } = await run(tar, ['-xf', file, '-C', folder], { timeout: 60_000, env });
  if (!ok) throw new StepFailedError(`${basename(file)} could not be unpacked: ${lastLine}`);
}
