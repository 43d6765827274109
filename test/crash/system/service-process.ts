import { eventually } from '@cascade/testing';
import { performance } from 'node:perf_hooks';
import { Child } from '../../../tools/supervisor/process/child.js';
import { compiled } from '../../../tools/checkout.js';
import { root } from '../../system.js';

const READY_WITHIN_MS = 40_000;
/** Time after which a stopping service is killed, in milliseconds. A service normally stops sooner. */
const STOP_GRACE_MS = 15_000;
const KEPT_LINES = 400;

/** Code and settings of a service. */
export interface ServiceVersion {
  /** Path of the compiled checkout. */
  readonly checkout: string;
  /** Environment variables in addition to the service's own variables. */
  readonly env: NodeJS.ProcessEnv;
}

export interface ServiceProcessOptions {
  readonly name: string;
  /** Source file, relative to the checkout. */
  readonly script: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
  /** Receives each line of the service's output. */
  onLine?(line: string): void;
}

/**
 * A service in its own process, always at the same address. Runs the code of this checkout until {@link use} sets another
 * version.
 */
export class ServiceProcess {
  /** The last lines of the service's output. */
  readonly lines: string[] = [];
  private child: Child | undefined;
  private version: ServiceVersion = { checkout: root, env: {} };

  constructor(private readonly options: ServiceProcessOptions) {}

  get name(): string {
    return this.options.name;
  }

  get url(): string {
    return `http://127.0.0.1:${this.options.port}`;
  }

  get isRunning(): boolean {
    return this.child !== undefined && !this.child.hasEnded;
  }

  /** Resolves to a description of how the process ended. */
  get ended(): Promise<string> {
    return this.child!.ended;
  }

  /** Sets the version that the next start runs. */
  use(version: ServiceVersion): void {
    this.version = version;
  }

  /** Starts the service. Resolves when the service is ready. */
  async start(): Promise<void> {
    this.launch();
    await this.ready();
  }

  /** Starts the process without waiting until it is ready. */
  launch(): void {
    const { checkout, env } = this.version;
    this.child = new Child({
      script: compiled(checkout, this.options.script),
      env: { ...this.options.env, ...env, PORT: String(this.options.port) },
      onLine: (line) => {
        this.lines.push(line);
        if (this.lines.length > KEPT_LINES) this.lines.shift();
        this.options.onLine?.(line);
      },
    });
  }

  async ready(): Promise<void> {
    const check = async () => {
      if (!this.isRunning) return;
      const { status } = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
      if (status !== 200) throw new Error(`${this.name} is not ready: ${status}`);
    };
    await eventually(check, { timeout: READY_WITHIN_MS, interval: 50 });
    if (!this.isRunning) throw new Error(`${this.name} has ended:\n${this.lines.slice(-20).join('\n')}`);
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.child?.kill();
    await this.child?.ended;
  }

  /** Sends SIGTERM. Resolves to a description of how the process ended, and the duration of the stop. */
  async terminate(): Promise<{ how: string; milliseconds: number }> {
    const begun = performance.now();
    await this.child!.stop(STOP_GRACE_MS);
    return { how: await this.child!.ended, milliseconds: performance.now() - begun };
  }

  async stop(): Promise<void> {
    if (this.isRunning) await this.terminate();
  }
}
