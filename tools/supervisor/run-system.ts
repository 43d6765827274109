import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Checkout } from '../checkout.js';
import { DataFolder, DATA_FOLDER, type RunningSystem } from './data-folder.js';
import { Screen } from './screen/screen.js';
import { onStopRequest } from './stop-requests.js';
import type { SupervisedPart } from './parts/supervised-part.js';
import { PartFailedError } from './supervisor.js';
import { composeSystem, type System } from './system.js';

const KILLED = 130;

export interface RunOptions {
  /** True if the command restarts services when their code changes. */
  readonly reloads: boolean;
  /** Called when the system is ready. Resolves to a function that is called when the system stops. */
  whileUp(this: void, system: System, screen: Screen): Promise<() => Promise<void>>;
}

/**
 * Runs the system until a stop is requested. The state of the system is in the working directory's `.data`.
 *
 * @returns the exit code: 0 after a stop, 1 if the system did not start
 * @throws DataFolderInUseError if another command uses the folder
 */
export async function runSystem({ root }: Checkout, options: RunOptions): Promise<number> {
  const folder = await DataFolder.claim(resolve(DATA_FOLDER));
  const session = new Session(root, folder, options);
  try {
    return await session.run();
  } finally {
    await folder.release();
  }
}

class Session {
  private readonly system: System;
  private readonly screen: Screen;
  /** True after the table was shown. Lines of parts are shown only after the table. */
  private shown = false;
  /** True while the system stops. The states of the parts are not shown during a stop. */
  private stopping = false;
  private readonly places = new Map<string, RunningSystem['parts'][string]>();
  private recording: Promise<void> = Promise.resolve();

  constructor(
    root: string,
    private readonly folder: DataFolder,
    private readonly options: RunOptions,
  ) {
    this.system = composeSystem({
      root,
      dataDir: folder.path,
      env: process.env,
      ports: 'default',
      observer: { onLine: (part, line) => this.onLine(part, line), onState: (part) => this.onState(part) },
      report: (line) => this.screen.say(line),
    });
    this.screen = new Screen(
      process.stdout,
      this.system.parts.map(({ name }) => name),
    );
  }

  async run(): Promise<number> {
    const started = performance.now();
    const stopRequest = new Promise<'stop'>((stop) =>
      onStopRequest({ first: () => stop('stop'), again: () => this.kill() }),
    );
    this.screen.say(`Starting ${this.system.parts.map(({ name }) => name).join(', ')} …`);
    await this.folder.writeRunning({ pid: process.pid, parts: {} });
    try {
      const up = this.system.supervisor.start();
      if ((await Promise.race([up, stopRequest])) === 'stop') return 0;
      await this.show(performance.now() - started);
      const end = await this.options.whileUp(this.system, this.screen);
      await stopRequest;
      await end();
      return 0;
    } catch (error) {
      if (!(error instanceof PartFailedError)) throw error;
      this.screen.table(this.system.parts);
      this.screen.failure(error.part);
      return 1;
    } finally {
      await this.stop();
    }
  }

  private async show(elapsedMs: number): Promise<void> {
    await this.record();
    this.screen.table(this.system.parts);
    this.screen.say(tryOut(this.system, elapsedMs));
    this.shown = true;
  }

  private async stop(): Promise<void> {
    this.stopping = true;
    this.screen.say('\nStopping; Ctrl-C again kills.');
    const started = performance.now();
    await this.system.supervisor.stop();
    await this.recording;
    this.screen.say(`Stopped in ${seconds(performance.now() - started)}.`);
  }

  private kill(): void {
    this.system.supervisor.kill();
    this.screen.say('Killed.');
    process.exit(KILLED);
  }

  private onLine(part: SupervisedPart, line: string): void {
    if (this.shown) this.screen.line(part, line);
  }

  private onState(part: SupervisedPart): void {
    if (!this.shown || this.stopping) return;
    this.screen.state(part);
    if (part.state === 'ready' || part.state === 'stopped')
      this.recording = this.recording.then(() => this.record());
  }

  /** Records the system for other commands, such as `npm run demo`. A part that restarts stays listed. */
  private async record(): Promise<void> {
    const { parts, broker } = this.system;
    for (const { name, run } of parts) {
      if (run) this.places.set(name, { url: run.url, pid: run.pid });
    }
    for (const name of this.places.keys()) {
      if (!parts.some((part) => part.name === name && part.state !== 'stopped')) this.places.delete(name);
    }
    await this.folder.writeRunning({
      pid: process.pid,
      natsUrl: await broker.located,
      reloads: this.options.reloads,
      parts: Object.fromEntries(this.places),
    });
  }
}

function tryOut({ services }: System, elapsedMs: number): string {
  const signup = services.find(({ name }) => name === 'signup')?.run?.url;
  const body = `'{"email":"ada@example.com","name":"Ada"}'`;
  return (
    `  Try:  curl -i -X POST ${signup}/signups -H 'content-type: application/json' -d ${body}\n` +
    `        npm run demo\n\n` +
    `  Ready in ${seconds(elapsedMs)}. Ctrl-C to stop.\n`
  );
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
