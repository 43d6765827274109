import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { checkoutRoot } from '../../checkout.js';
import { NODE_FLAGS } from './node-flags.js';

const STOP_WITH_PARENT = pathToFileURL(
  join(checkoutRoot(), 'tools/supervisor/process/stop-with-parent.mjs'),
).href;

export interface ChildOptions {
  /** Path of the compiled module to run. */
  readonly script: string;
  readonly args?: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
  onLine(this: void, line: string): void;
}

/**
 * A Node process that does not outlive this process, and that the terminal's Ctrl-C does not reach.
 *
 * The process leads a separate process group. Ctrl-C therefore reaches only the supervisor, which then stops all parts in order.
 * The process stops when its IPC channel closes, which happens no matter how this process ends.
 */
export class Child {
  /** Resolves to a description of the end when the process has ended and its last line was received. Never rejects. */
  readonly ended: Promise<string>;

  private static readonly alive = new Set<Child>();

  private readonly process: ChildProcess;
  private isOver = false;

  constructor({ script, args = [], env, onLine }: ChildOptions) {
    const nodeArgs = [...NODE_FLAGS, '--import', STOP_WITH_PARENT, script, ...args];
    this.process = spawn(process.execPath, nodeArgs, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    const { stdout, stderr } = this.process;
    for (const stream of [stdout, stderr]) createInterface({ input: stream! }).on('line', onLine);
    Child.alive.add(this);
    this.ended = this.end().finally(() => {
      this.isOver = true;
      Child.alive.delete(this);
    });
  }

  /** Kills all children, including children that are still starting. */
  static killAll(): void {
    for (const child of Child.alive) child.kill();
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  /** Sends SIGTERM. Kills the process if it has not ended after `graceMs`. Resolves when the process has ended. */
  async stop(graceMs: number): Promise<void> {
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Kills the process and its descendants. */
  kill(): void {
    if (this.isOver || this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  private end(): Promise<string> {
    return new Promise((resolve) => {
      this.process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      // The last lines of the output say why the process died. These lines may arrive after 'exit', but not after 'close'.
      this.process.once('close', (code, signal) =>
        resolve(signal ? `was killed by ${signal}` : `exited with code ${code}`),
      );
    });
  }
}
