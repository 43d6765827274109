import { eventually } from '@cascade/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..');
const TYPESCRIPT = join(PACKAGE, '../testing/node/typescript.mjs');
const MAIN_FILE = join(PACKAGE, 'test/run-scenario.ts');

/** A service in a process of its own, started by this one with an IPC channel, as the development supervisor does. */
export class ServiceProcess {
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(scenario: string, env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, ['--import', TYPESCRIPT, MAIN_FILE, scenario], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const streams = [this.child.stdout!, this.child.stderr!];
    // Not the child's 'close', which never comes once the IPC channel was closed from here.
    this.exited = Promise.all([once(this.child, 'exit'), ...streams.map((stream) => once(stream, 'end'))]);
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Where it listens, once it does. */
  url(): Promise<string> {
    const read = () => {
      const [url] = /http:\/\/[\w.:]+/.exec(this.output) ?? [];
      if (!url) throw new Error(`no address in: ${this.output}`);
      return url;
    };
    return eventually(read, { timeout: 15_000 });
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  disconnect(): void {
    this.child.disconnect();
  }

  async exitCode(): Promise<number | null> {
    await this.exited;
    return this.child.exitCode;
  }
}
