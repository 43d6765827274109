import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from './process/native-lock.js';
import { servicesGraceMs } from './stop-times.js';

/** In the working directory, which under npm is the checkout. */
export const DATA_FOLDER = '.data';

const LOCK_FILE = 'lock';
const RUNNING_FILE = 'running.json';
/** How long the processes of a supervisor that was killed get to end by themselves: they are killed before that. */
const LEFTOVERS_MS = servicesGraceMs(process.env) + 1_000;

/** A system that runs, as other commands find it. */
export interface RunningSystem {
  /** Of its supervisor. */
  readonly pid: number;
  /** Missing while it starts. */
  readonly natsUrl?: string;
  /** It restarts services whose code changes: `npm run dev`. */
  readonly reloads?: boolean;
  /** Names of parts to where they are, of those that have been ready. */
  readonly parts: Readonly<Record<string, { readonly url: string; readonly pid?: number | undefined }>>;
}

/** Another command works on the folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';

  constructor(
    readonly folder: string,
    readonly running: RunningSystem | undefined,
  ) {
    const who = running
      ? `process ${running.pid} (Ctrl-C there, or \`kill ${running.pid}\`, stops it)`
      : 'another process';
    const where = Object.entries(running?.parts ?? {}).map(([name, { url }]) => `\n  ${name}  ${url}`);
    super(`Cascade runs in this folder already: ${who}.${where.join('')}`);
  }
}

/** The folder that holds a system's state, `.data/`, while this process alone works on it. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: number,
  ) {}

  /**
   * Claims the folder, which is made where it is missing. The claim ends with this process, also by kill -9.
   * Waits for what is still running of a supervisor that was killed.
   *
   * @throws DataFolderInUseError
   */
  static async claim(path: string): Promise<DataFolder> {
    mkdirSync(path, { recursive: true });
    const lock = openSync(join(path, LOCK_FILE), 'a+');
    if (!tryLock(lock)) {
      closeSync(lock);
      throw new DataFolderInUseError(path, await readRunning(path));
    }
    await untilGone(await readRunning(path));
    await rm(join(path, RUNNING_FILE), { force: true });
    return new DataFolder(path, lock);
  }

  /** Tells other commands what runs here. Readable by this user only: addresses may hold passwords. */
  async writeRunning(running: RunningSystem): Promise<void> {
    const temporary = join(this.path, `${RUNNING_FILE}.tmp`);
    await writeFile(temporary, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, join(this.path, RUNNING_FILE));
  }

  /** Removes everything in the folder but the lock: without it, two processes could hold locks on two files of one name. */
  async clear(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => name !== LOCK_FILE);
    await Promise.all(names.map((name) => rm(join(this.path, name), { recursive: true, force: true })));
  }

  async release(): Promise<void> {
    await rm(join(this.path, RUNNING_FILE), { force: true });
    closeSync(this.lock);
  }
}

/** What runs on the folder, as it says itself; it may have been killed since. */
export async function readRunning(path: string): Promise<RunningSystem | undefined> {
  try {
    return JSON.parse(await readFile(join(path, RUNNING_FILE), 'utf8')) as RunningSystem;
  } catch {
    return undefined;
  }
}

/** What runs in the working directory; undefined where nothing does. */
export async function runningHere(): Promise<RunningSystem | undefined> {
  const running = await readRunning(resolve(DATA_FOLDER));
  return running && isAlive(running.pid) ? running : undefined;
}

async function untilGone(running: RunningSystem | undefined): Promise<void> {
  const pids = Object.values(running?.parts ?? {}).flatMap(({ pid }) => pid ?? []);
  const deadline = Date.now() + LEFTOVERS_MS;
  while (pids.some(isAlive) && Date.now() < deadline) await sleep(50);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
