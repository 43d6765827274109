import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from './process/native-lock.js';
import { servicesGraceMs } from './stop-times.js';

/** Path relative to the working directory. Under npm, the working directory is the root of the checkout. */
export const DATA_FOLDER = '.data';

const LOCK_FILE = 'lock';
const RUNNING_FILE = 'running.json';
/**
 * Maximum time to wait for the processes of a killed supervisor, in milliseconds. stop-with-parent.mjs kills these processes
 * sooner.
 */
const LEFTOVERS_MS = servicesGraceMs(process.env) + 1_000;

/** A running system, as other commands see it. */
export interface RunningSystem {
  readonly pid: number;
  /** URL of the broker; undefined while the system starts. */
  readonly natsUrl?: string;
  /** True for `npm run dev`, which restarts services when their code changes. */
  readonly reloads?: boolean;
  /** Every part that has been ready, by name. */
  readonly parts: Readonly<Record<string, { readonly url: string; readonly pid?: number | undefined }>>;
}

export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  /** The tools show the message without a stack. */
  readonly operational = true;

  constructor(running: RunningSystem | undefined) {
    const who = running
      ? `process ${running.pid} (stop it with Ctrl-C there, or with \`kill ${running.pid}\`)`
      : 'another process';
    const where = Object.entries(running?.parts ?? {}).map(([name, { url }]) => `\n  ${name}  ${url}`);
    super(`Nothing was changed: Cascade runs in this folder already, as ${who}.${where.join('')}`);
  }
}

/** The folder of a system's state, `.data/`, which this process has claimed. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: number,
  ) {}

  /**
   * Claims the folder, and creates it if it is missing. The claim ends with this process, even after a kill -9. If the last
   * supervisor was killed, waits until its processes have ended, but no longer than {@link LEFTOVERS_MS}.
   *
   * @throws DataFolderInUseError if another process has claimed the folder
   */
  static async claim(path: string): Promise<DataFolder> {
    mkdirSync(path, { recursive: true });
    const lock = openSync(join(path, LOCK_FILE), 'a+');
    if (!tryLock(lock)) {
      closeSync(lock);
      throw new DataFolderInUseError(await readRunning(path));
    }
    await untilGone(await readRunning(path));
    await rm(join(path, RUNNING_FILE), { force: true });
    return new DataFolder(path, lock);
  }

  /** Records the running system for other commands. Only this user may read the file, because addresses may contain passwords. */
  async writeRunning(running: RunningSystem): Promise<void> {
    const temporary = join(this.path, `${RUNNING_FILE}.tmp`);
    await writeFile(temporary, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, join(this.path, RUNNING_FILE));
  }

  /**
   * Removes everything except the lock file. If the lock file were removed, two processes could lock different files of the same
   * name.
   */
  async clear(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => name !== LOCK_FILE);
    await Promise.all(names.map((name) => rm(join(this.path, name), { recursive: true, force: true })));
  }

  async release(): Promise<void> {
    await rm(join(this.path, RUNNING_FILE), { force: true });
    closeSync(this.lock);
  }
}

/**
 * Returns the system that last recorded itself; undefined if no system is recorded. The system may have been killed in the
 * meantime.
 */
export async function readRunning(path: string): Promise<RunningSystem | undefined> {
  try {
    return JSON.parse(await readFile(join(path, RUNNING_FILE), 'utf8')) as RunningSystem;
  } catch {
    return undefined;
  }
}

/** Returns the system that runs in the working directory; undefined if no system runs there. */
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
