import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, type RunResult } from '../run.js';
import { compareVersions, versionIn } from '../version.js';
import { type Archive, archivesServing, sourcesFile } from './apt-sources.js';

/** Newer suites that contain nats-server 2.12 or later, for machines whose own suite is too old. */
const NEWER_SUITES = { debian: ['forky', 'testing', 'sid'], ubuntu: ['resolute', 'devel'] };

/** Aliases that sources files may contain instead of the code name of a suite. */
const SUITE_ALIASES = ['stable', 'testing', 'unstable', 'sid', 'devel'];

export interface Distribution {
  archives: Archive[];
  /** Suites in the order of the search: first the machine's own suite, then newer suites. */
  suites: string[];
}

/**
 * Reads the distribution's archives and suites from the files in `etc` (usually `/etc`). Returns empty lists if no archive serves
 * the machine's suite.
 */
export async function readDistribution(etc: string): Promise<Distribution> {
  const release = await readFile(join(etc, 'os-release'), 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1];
  const family = `${field('ID')} ${field('ID_LIKE')}`.includes('ubuntu') ? 'ubuntu' : 'debian';
  const codename = field('UBUNTU_CODENAME') ?? field('VERSION_CODENAME');
  const files = await readSources(join(etc, 'apt'));

  for (const own of [codename, ...SUITE_ALIASES]) {
    const archives = own ? archivesServing([own], files) : [];
    if (own && archives.length) return { archives, suites: [...new Set([own, ...NEWER_SUITES[family]])] };
  }
  return { archives: [], suites: [] };
}

async function readSources(folder: string): Promise<{ name: string; text: string }[]> {
  const parts = await readdir(join(folder, 'sources.list.d')).catch((): string[] => []);
  const names = ['sources.list', ...parts.map((part) => join('sources.list.d', part))];
  return Promise.all(
    names
      .filter((name) => /\.(list|sources)$/.test(name))
      .map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8').catch(() => '') })),
  );
}

/**
 * Runs apt with separate sources, lists and cache in one folder. Root rights are therefore not required, and the system is not
 * changed. Other settings of the machine, such as proxies, credentials and keys, still apply. The machine's update hooks do not
 * run, because they require root rights.
 */
export class Apt {
  private constructor(
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async in(folder: string, env: NodeJS.ProcessEnv): Promise<Apt> {
    await mkdir(join(folder, 'lists/partial'), { recursive: true });
    await mkdir(join(folder, 'cache/archives/partial'), { recursive: true });
    await writeFile(join(folder, 'apt.conf'), configuration(folder));
    return new Apt(folder, { ...env, LC_ALL: 'C' });
  }

  /** Fetches the package lists of one suite. If no list arrived, `reason` explains why. */
  async update(archives: readonly Archive[], suite: string): Promise<{ answered: boolean; reason: string }> {
    await writeFile(join(this.folder, 'archive.sources'), sourcesFile(archives, suite));
    // Not every archive has every suite. Success therefore depends on whether a list arrived, not on the exit code.
    const { stderr, lastLine } = await this.run('apt-get', ['update', '-q']);
    const lists = await readdir(join(this.folder, 'lists'));
    const reason = /^E: .*/m.exec(stderr)?.[0] ?? /^W: Failed .*/m.exec(stderr)?.[0] ?? lastLine;
    return { answered: lists.some((name) => name.includes('_Packages')), reason };
  }

  /**
   * Returns the newest version of a package in the lists, in the form `major.minor.patch`; undefined if the lists contain no
   * version.
   */
  async newest(name: string): Promise<string | undefined> {
    const { stdout } = await this.run('apt-cache', ['madison', name]);
    const versions = stdout.split('\n').map((line) => versionIn(line.split('|')[1] ?? ''));
    return versions
      .filter((version) => version !== undefined)
      .sort(compareVersions)
      .at(-1);
  }

  /** Downloads a package and unpacks its files into a folder. apt checks the package against the signed lists. */
  async unpack(name: string, folder: string): Promise<RunResult> {
    const download = await this.run('apt-get', ['download', '-q', name]);
    const archive = (await readdir(this.folder)).find((file) => file.endsWith('.deb'));
    if (!download.ok || !archive) return { ...download, ok: false };
    return this.run('dpkg-deb', ['-x', archive, folder]);
  }

  private run(command: string, args: readonly string[]): Promise<RunResult> {
    const configured = command === 'dpkg-deb' ? args : ['-c', 'apt.conf', ...args];
    return run(command, configured, { cwd: this.folder, env: this.env, timeout: 120_000 });
  }
}

/**
 * Returns the configuration that apt reads after the machine's files. The configuration disables the sandbox user. Otherwise, apt
 * would switch from root to a user who cannot read the folder.
 */
function configuration(folder: string): string {
  return `#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "${folder}/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "${folder}/lists";
Dir::Cache "${folder}/cache";
APT::Sandbox::User "root";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
Acquire::Retries "1";
`;
}
