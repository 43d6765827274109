import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnBoundToParent, type BoundProcess } from '@cascade/embedded-broker';
import { eventually } from '@cascade/testing';
import { readRunning, type RunningSystem } from '../tools/supervisor/data-folder.js';
import { ownEnvironment, root } from './system.js';

/** A folder in which the project's npm commands run as in the checkout, but with separate state. */
export class WorkingFolder {
  private constructor(readonly path: string) {}

  /** @param checkout Checkout with the commands. Default: this checkout. */
  static async create(checkout = root): Promise<WorkingFolder> {
    const path = await mkdtemp(join(tmpdir(), 'cascade-npm-'));
    const { scripts } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
      scripts: object;
    };
    const anchored = JSON.stringify({ private: true, scripts }).replaceAll(' tools/', ` ${checkout}/tools/`);
    await writeFile(join(path, 'package.json'), anchored);
    return new WorkingFolder(path);
  }

  /** @param env Environment variables in addition to the variables of this process. */
  run(command: readonly string[], env: NodeJS.ProcessEnv = {}): NpmCommand {
    return new NpmCommand(this.path, command, env);
  }

  running(): Promise<RunningSystem | undefined> {
    return readRunning(join(this.path, '.data'));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

/**
 * A run of `npm …` in a separate process group, as in a terminal. The run ends with this process, even if this process is killed.
 */
export class NpmCommand {
  output = '';
  /** Resolves to the exit code, or to the signal that ended the command. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly process: BoundProcess;

  constructor(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.process = spawnBoundToParent('npm', args, { cwd, env: { ...ownEnvironment(), ...env } });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => resolve(signal ?? code!));
    });
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Resolves when the output matches. Rejects with the output if no match appears in time. */
  async shows(pattern: RegExp, timeout = 30_000): Promise<void> {
    const check = () => {
      if (!pattern.test(this.output))
        throw new Error(`It does not show ${String(pattern)} but\n${this.output}`);
    };
    await eventually(check, { timeout });
  }

  /** Sends SIGINT to the whole process group, as a terminal does on Ctrl-C. */
  pressCtrlC(): void {
    if (this.process.exitCode === null && this.process.signalCode === null) process.kill(-this.pid, 'SIGINT');
  }
}
