import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkoutRoot, compiled } from '../../tools/checkout.js';
import { NODE_FLAGS } from '../../tools/supervisor/process/node-flags.js';

const root = checkoutRoot();
const ANSWER_USAGE = pathToFileURL(join(root, 'bench/contestants/answer-usage.mjs')).href;
const MESSAGE_TIMEOUT_MS = 60_000;
/** Folder for the CPU profiles of all processes; undefined if nothing is profiled. */
const PROFILES = process.env['BENCH_PROFILES'];
const PROFILING = PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : [];

/** Resources that a process has used since its start. */
export interface Usage {
  /** CPU time, in microseconds. */
  readonly cpu: number;
  /** Peak memory, in bytes. */
  readonly rss: number;
}

export interface ContestantOptions {
  /** Path of the source, relative to `bench/`: a TypeScript file, or a `.mjs` file that is not compiled. */
  readonly script: string;
  readonly natsUrl: string;
  /** Settings that the process receives as JSON in the variable `BENCH`. */
  readonly settings?: object;
  readonly env?: NodeJS.ProcessEnv;
}

/** A measured process, which runs with the Node flags of a service. */
export class Contestant {
  private readonly script: string;
  private readonly process: ChildProcess;
  private readonly messages: unknown[] = [];
  private onMessage = (): void => undefined;
  private output = '';

  constructor({ script, natsUrl, settings = {}, env = {} }: ContestantOptions) {
    this.script = script;
    const file = script.endsWith('.mjs') ? join(root, 'bench', script) : compiled(root, `bench/${script}`);
    this.process = spawn(process.execPath, [...NODE_FLAGS, ...PROFILING, '--import', ANSWER_USAGE, file], {
      env: {
        PATH: process.env['PATH'],
        NATS_URL: natsUrl,
        LOG_LEVEL: 'warn',
        BENCH: JSON.stringify(settings),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.process.on('message', (message) => {
      this.messages.push(message);
      this.onMessage();
    });
    this.process.once('exit', () => this.onMessage());
  }

  send(message: string | object): void {
    this.process.send(message);
  }

  /**
   * Waits for a message that passes the test, and removes the message from the received messages. The message may have arrived
   * earlier.
   *
   * @throws Error if the process ends first, or if no such message arrives within 60 s
   */
  message<Message>(isWanted: (message: unknown) => message is Message): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no answer from ${this.script}: ${this.output}`)),
        MESSAGE_TIMEOUT_MS,
      );
      this.onMessage = () => {
        const at = this.messages.findIndex(isWanted);
        if (at < 0 && !this.hasEnded) return;
        clearTimeout(timer);
        this.onMessage = () => undefined;
        if (at >= 0) resolve(this.messages.splice(at, 1)[0] as Message);
        else reject(this.endError());
      };
      this.onMessage();
    });
  }

  async usage(): Promise<Usage> {
    this.send('usage');
    const isUsage = (message: unknown): message is { usage: Usage } =>
      typeof message === 'object' && message !== null && 'usage' in message;
    return (await this.message(isUsage)).usage;
  }

  /** @throws Error if the process has ended */
  assertRunning(): void {
    if (this.hasEnded) throw this.endError();
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.process, 'exit');
    if (PROFILES) this.send('exit');
    else this.process.kill('SIGKILL');
    await ended;
  }

  /** True if the process has exited, or if a signal killed the process, for example because the memory was exhausted. */
  private get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  private endError(): Error {
    return new Error(`${this.script} has ended: ${this.output}`);
  }
}

export function isSaid<Text extends string>(text: Text) {
  return (message: unknown): message is Text => message === text;
}
