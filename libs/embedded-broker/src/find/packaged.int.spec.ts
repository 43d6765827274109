import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compareVersions, MINIMUM_VERSION } from '../version.js';
import { readDistribution } from './apt.js';
import { lookUp } from './on-path.js';
import { findPackaged } from './packaged.js';
import { newSearch, sayVersion, type TestSearch, writeProgram } from './search.fixture.js';

const hasApt = Boolean((await lookUp('apt-get', process.env)) && (await lookUp('dpkg-deb', process.env)));
const onDebian = hasApt ? describe : describe.skip;
const withArchive = hasApt && (await archiveAnswers()) ? it : it.skip;

async function archiveAnswers(): Promise<boolean> {
  const { archives } = await readDistribution('/etc');
  const address = archives[0]?.uris.split(/\s/)[0] ?? '';
  return fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(3_000) }).then(
    () => true,
    () => false,
  );
}

let search: TestSearch;
beforeEach(async () => {
  search = await newSearch();
});
afterEach(() => search.remove());

describe('step package', () => {
  it('does not treat a missing apt as an error', async () => {
    await expect(findPackaged(search)).rejects.toMatchObject({
      message: 'no apt-get on the PATH',
      expected: true,
    });
  });
});

onDebian('step package, where there is apt', () => {
  const etc = () => join(search.folder, 'etc');
  const cached = () => readdir(join(search.cacheDir, 'nats-server'));
  beforeEach(async () => {
    search.env = { ...process.env };
    await mkdir(join(etc(), 'apt'), { recursive: true });
    await writeFile(join(etc(), 'os-release'), 'ID=debian\nVERSION_CODENAME=bookworm\n');
  });

  withArchive(
    'unpacks the package of a suite that is new enough into the cache',
    async () => {
      const found = await findPackaged(search);
      expect(found.from).toBe('package');
      expect(compareVersions(found.version, MINIMUM_VERSION)).toBeGreaterThanOrEqual(0);
      expect(execFileSync(found.command, ['-v']).toString()).toContain(found.version);
      // Neither package lists nor archives are left behind.
      await expect(cached()).resolves.toEqual([found.version]);
    },
    120_000,
  );

  /** Creates an unsigned archive on disk. */
  async function unsignedArchive(suite: string): Promise<string> {
    const archive = join(search.folder, 'archive');
    const content = join(search.folder, 'package');
    await writeProgram(join(content, 'usr/sbin/nats-server'), sayVersion('2.15.1'));
    await mkdir(join(content, 'DEBIAN'));
    const control =
      'Package: nats-server\nVersion: 2.15.1-1\nArchitecture: all\nMaintainer: nobody\nDescription: fake\n';
    await writeFile(join(content, 'DEBIAN/control'), control);
    const arch = execFileSync('dpkg', ['--print-architecture']).toString().trim();
    const index = join(archive, 'dists', suite, 'main', `binary-${arch}`);
    await mkdir(index, { recursive: true });
    execFileSync('dpkg-deb', ['--build', '-Zgzip', content, join(archive, 'nats-server.deb')]);
    const { size } = await stat(join(archive, 'nats-server.deb'));
    const sum = execFileSync('sha256sum', [join(archive, 'nats-server.deb')])
      .toString()
      .split(' ')[0];
    await writeFile(
      join(index, 'Packages'),
      `${control}Filename: nats-server.deb\nSize: ${size}\nSHA256: ${sum}\n`,
    );
    await writeFile(
      join(archive, 'dists', suite, 'Release'),
      `Suite: ${suite}\nCodename: ${suite}\nComponents: main\n`,
    );
    return archive;
  }

  it('refuses an unsigned archive, even if the machine trusts it', async () => {
    const archive = await unsignedArchive('bookworm');
    await writeFile(join(etc(), 'apt/sources.list'), `deb [trusted=yes] file:${archive} bookworm main\n`);
    await expect(findPackaged(search, { etc: etc() })).rejects.toThrow(/not signed/);
    await expect(cached()).resolves.toEqual([]);
  });

  it('reports that the archive does not answer', async () => {
    const nowhere = `deb file:${search.folder}/nowhere bookworm main\n`;
    await writeFile(join(etc(), 'apt/sources.list'), nowhere);
    await expect(findPackaged(search, { etc: etc() })).rejects.toMatchObject({
      message: expect.stringMatching(/gave no package lists: [EW]: .*nowhere/),
      remedy: expect.stringContaining('apt-get update'),
    });
  });

  it('runs no update hooks of the machine', async () => {
    const marker = join(search.folder, 'hook-ran');
    const hooks = ['Pre-Invoke', 'Post-Invoke'].map(
      (hook) => `APT::Update::${hook} { "echo >> ${marker}"; };`,
    );
    await writeFile(join(search.folder, 'hooks.conf'), hooks.join('\n'));
    search.env['APT_CONFIG'] = join(search.folder, 'hooks.conf');
    await writeFile(
      join(etc(), 'apt/sources.list'),
      `deb file:${await unsignedArchive('bookworm')} bookworm main\n`,
    );
    await expect(findPackaged(search, { etc: etc() })).rejects.toThrow();
    expect(existsSync(marker)).toBe(false);
  });

  it('reports that the machine has no archive of its distribution', async () => {
    await writeFile(join(etc(), 'apt/sources.list'), 'deb http://other.test/apt trixie-tools main\n');
    await writeFile(join(etc(), 'os-release'), 'ID=debian\nVERSION_CODENAME=trixie\n');
    await expect(findPackaged(search, { etc: etc() })).rejects.toThrow('no archive of the distribution');
  });

  it.each([
    ['ID=debian\nVERSION_CODENAME=trixie\n', 'trixie', ['trixie', 'forky', 'testing', 'sid']],
    ['ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n', 'noble', ['noble', 'resolute', 'devel']],
    [
      'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
      'noble',
      ['noble', 'resolute', 'devel'],
    ],
    ['ID=debian\n', 'testing', ['testing', 'forky', 'sid']],
  ])('tries the suites of %j in their order', async (release, own, suites) => {
    await writeFile(join(etc(), 'os-release'), release);
    await writeFile(join(etc(), 'apt/sources.list'), `deb http://archive.test/debian ${own} main\n`);
    await expect(readDistribution(etc())).resolves.toMatchObject({ suites });
  });
});
