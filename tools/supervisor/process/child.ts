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
  /** The compiled module to run. */
  readonly script: string;
  readonly args?: readonly string[] | undefined;
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes every line of its output. */
  onLine(this: void, line: string): void;
}

/**
 * A Node process that does not outlive this one and that is out of reach of the terminal's Ctrl-C.
 *
 * It leads a process group of its own, so that Ctrl-C reaches the supervisor alone, which then stops things in order.
 * It has an IPC channel, and stops when that closes: that happens however this process ends.
 */
export class Child {
  /** Resolves, once it is gone and its last line has been taken, to how it ended. Never rejects. */
  readonly ended: Promise<string>;

  static readonly #alive = new Set<Child>();

  readonly #process: ChildProcess;
  #hasEnded = false;

  constructor({ script, args = [], env, onLine }: ChildOptions) {
    const nodeArgs = [...NODE_FLAGS, '--import', STOP_WITH_PARENT, script, ...args];
    this.#process = spawn(process.execPath, nodeArgs, {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    const { stdout, stderr } = this.#process;
    for (const stream of [stdout, stderr]) createInterface({ input: stream! }).on('line', onLine);
    Child.#alive.add(this);
    this.ended = this.#end().finally(() => {
      this.#hasEnded = true;
      Child.#alive.delete(this);
    });
  }

  /** Kills all that run, also those that are still starting. */
  static killAll(): void {
    for (const child of Child.#alive) child.kill();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends SIGTERM, SIGKILL after `graceMs`, and resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Kills it, and whatever it started. */
  kill(): void {
    if (this.#hasEnded || this.pid === undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #end(): Promise<string> {
    return new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`could not be started: ${error.message}`));
      // Not 'exit': its last lines are still to come then, and they say why it died.
      this.#process.once('close', (code, signal) =>
        resolve(signal ? `was killed by ${signal}` : `exited with code ${code}`),
      );
    });
  }
}
