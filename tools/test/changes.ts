import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { TestChoiceError } from './errors.js';

export interface Changes {
  /** Commit with which the working tree was compared, in a form that the user can repeat. */
  readonly since: string;
  /** Changed, added and removed files, relative to the checkout. */
  readonly files: readonly string[];
  /** True if `package-lock.json` lists other third-party packages than at that commit. */
  readonly hasOtherPackages: boolean;
}

/** Entry of a workspace or another package in package-lock.json. */
export interface LockedPackage {
  readonly name?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/**
 * Lists the differences from a commit: later commits, uncommitted changes, and untracked files.
 *
 * @param since Default: the commit at which this branch left `origin/main`, or `main` in a clone without a remote.
 * @throws TestChoiceError if the commit does not exist, or if there is no commit to compare with by default
 */
export async function readChanges(root: string, since?: string): Promise<Changes> {
  const commit = await findCommit(root, since);
  const [changed, added] = await Promise.all([
    git(root, 'diff', '--name-only', '--no-renames', '-z', commit),
    git(root, 'ls-files', '--others', '--exclude-standard', '-z'),
  ]);
  const files = [...changed.split('\0'), ...added.split('\0')].filter(Boolean).sort();
  const hasOtherPackages = files.includes('package-lock.json') && (await differInPackages(root, commit));
  return { since: since ?? commit.slice(0, 10), files, hasOtherPackages };
}

export async function readLockedPackages(root: string): Promise<LockedPackages> {
  return packagesIn(await readFile(join(root, 'package-lock.json'), 'utf8'));
}

/** Returns the changed files that still exist, because a removed file cannot be checked. */
export function existingFiles(root: string, { files }: Changes): string[] {
  return files.filter((file) => existsSync(join(root, file)));
}

async function findCommit(root: string, since: string | undefined): Promise<string> {
  const branches = ['origin/main', 'main'];
  const attempts = since
    ? [git(root, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${since}^{commit}`)]
    : branches.map((branch) => git(root, 'merge-base', 'HEAD', branch));
  for (const attempt of await Promise.allSettled(attempts)) {
    if (attempt.status === 'fulfilled') return attempt.value.trim();
  }
  const missing = since ? `no commit ${since}` : `neither ${branches.join(' nor ')}`;
  throw new TestChoiceError(
    `This checkout has ${missing} to compare with. Name a commit: npm test -- --changed=COMMIT`,
  );
}

async function differInPackages(root: string, commit: string): Promise<boolean> {
  const [before, now] = await Promise.all([
    git(root, 'show', `${commit}:package-lock.json`).then(packagesIn, () => ({})),
    readLockedPackages(root),
  ]);
  return !isDeepStrictEqual(thirdParty(before), thirdParty(now));
}

function thirdParty(packages: LockedPackages): [string, LockedPackage][] {
  return Object.entries(packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);
}

function packagesIn(lockFile: string): LockedPackages {
  return (JSON.parse(lockFile) as { packages: LockedPackages }).packages;
}

async function git(root: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
