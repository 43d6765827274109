import { spawnBoundToParent, type BoundProcess } from '@cascade/embedded-broker';
import { eventually } from '@cascade/testing';
import { once } from 'node:events';
import { join } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..');
const TYPESCRIPT = join(PACKAGE, '../testing/node/typescript.mjs');
const MAIN_FILE = join(PACKAGE, 'test/run-scenario.ts');

/**
 * Service in a separate process with an IPC channel, like a service that the development supervisor starts. The service ends with
 * this process, even if this process is killed.
 */
export class ServiceProcess {
  output = '';
  private readonly child: BoundProcess;
  private readonly exited: Promise<unknown>;

  constructor(scenario: string, env: NodeJS.ProcessEnv = {}) {
    this.child = spawnBoundToParent(process.execPath, ['--import', TYPESCRIPT, MAIN_FILE, scenario], {
      env: { PATH: process.env['PATH'], ...env },
      ipc: true,
    });
    const streams = [this.child.stdout, this.child.stderr];
    // The child emits no 'close' event after this side has closed the IPC channel.
    this.exited = Promise.all([once(this.child, 'exit'), ...streams.map((stream) => once(stream, 'end'))]);
    for (const stream of streams) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Resolves to the address of the service when the service listens. */
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
