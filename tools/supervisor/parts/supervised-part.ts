import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deaths } from './deaths.js';
import type { Part, PartState, Run } from './part.js';

const KEPT_LINES = 20;
/** Grace period of a part that became ready only after a stop was requested, in milliseconds. */
const LATE_GRACE_MS = 2_000;

export interface PartObserver {
  onLine(this: void, part: SupervisedPart, line: string): void;
  onState(this: void, part: SupervisedPart): void;
}

/** Keeps one part running. Restarts the part when it dies, and gives up after five successive deaths. */
export class SupervisedPart {
  /** The last 20 lines of the part's output. */
  readonly lastLines: string[] = [];
  /** Resolves to the address for other parts when the part is ready for the first time. Rejects if the first start fails. */
  readonly located: Promise<string>;
  /** Reason for the state `restarting` or `failed`. */
  reason = '';
  /** Duration of the first start, in milliseconds; undefined unless the first start has succeeded. */
  readyAfterMs: number | undefined;

  private currentState: PartState = 'stopped';
  private currentRun: Run | undefined;
  /** Aborts when a stop or a restart is requested. Pending work for the previous run then has no effect. */
  private life = new AbortController();
  /** The start or restart in progress. Never rejects. */
  private activity: Promise<void> = Promise.resolve();
  private locate!: { found(address: string): void; lost(reason: Error): void };
  private retired = false;
  private readonly deaths = new Deaths();

  constructor(
    private readonly part: Part,
    private readonly observer: PartObserver,
  ) {
    this.located = new Promise((found, lost) => (this.locate = { found, lost }));
    this.located.catch(() => undefined);
  }

  get name(): string {
    return this.part.name;
  }

  get state(): PartState {
    return this.currentState;
  }

  /** The current run; undefined before the part is ready, and after the run has ended. */
  get run(): Run | undefined {
    return this.currentRun;
  }

  /** Address for other parts; undefined while the part does not run. */
  get address(): string | undefined {
    return this.currentRun?.address ?? this.currentRun?.url;
  }

  /**
   * Starts the part for the first time. A failed first start is not repeated, because the fault is probably in the code or the
   * configuration. The user should see the fault immediately.
   *
   * @throws the error of the part
   */
  async start(): Promise<void> {
    const started = performance.now();
    const starting = this.startOnce();
    this.activity = settled(starting);
    try {
      const run = await starting;
      this.readyAfterMs = Math.round(performance.now() - started);
      this.locate.found(run.address ?? run.url);
    } catch (error) {
      this.locate.lost(new Error(`needs ${this.name}, which did not start`));
      throw error;
    }
  }

  /** Ends the current run and starts a new run, even if the part has failed. Does nothing after `stop`. Never rejects. */
  async restart(graceMs: number): Promise<void> {
    await this.end(graceMs);
    if (this.retired) return;
    this.deaths.forget();
    this.life = new AbortController();
    this.activity = settled(this.startOnce());
    await this.activity;
  }

  /** Ends the part permanently. Resolves when no process of the part is left. */
  async stop(graceMs: number): Promise<void> {
    this.retired = true;
    await this.end(graceMs);
    if (this.currentState !== 'failed') this.enter('stopped');
  }

  kill(): void {
    this.life.abort();
    this.currentRun?.kill();
  }

  private async startOnce(): Promise<Run> {
    const life = this.life.signal;
    try {
      return await this.launch(life);
    } catch (error) {
      if (!life.aborted) this.enter('failed', messageOf(error));
      throw error;
    }
  }

  private async launch(life: AbortSignal): Promise<Run> {
    this.enter('starting');
    const run = await this.part.start({ onLine: (line) => this.keep(line), signal: life });
    if (life.aborted) {
      await run.stop(LATE_GRACE_MS);
      throw new Error('was stopped while it started');
    }
    this.currentRun = run;
    this.enter('ready');
    void this.watch(run, life);
    return run;
  }

  private async watch(run: Run, life: AbortSignal): Promise<void> {
    const readySince = performance.now();
    const reason = await run.ended;
    this.currentRun = undefined;
    if (!life.aborted) this.activity = this.revive(life, reason, performance.now() - readySince);
  }

  /** Retries the start after a death until the part is ready, has failed, or must stop. Never rejects. */
  private async revive(life: AbortSignal, death: string, readyForMs: number): Promise<void> {
    let reason = death;
    let pause = this.deaths.record(readyForMs);
    while (pause !== undefined) {
      this.enter('restarting', reason);
      try {
        await sleep(pause, undefined, { signal: life });
        await this.launch(life);
        return;
      } catch (error) {
        if (life.aborted) return;
        reason = messageOf(error);
        pause = this.deaths.record(0);
      }
    }
    this.enter('failed', `${reason}, for the fifth time in a row`);
  }

  private async end(graceMs: number): Promise<void> {
    this.life.abort();
    await this.currentRun?.stop(graceMs);
    await this.activity;
  }

  private keep(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
    this.observer.onLine(this, line);
  }

  private enter(state: PartState, reason = ''): void {
    this.currentState = state;
    this.reason = reason;
    this.observer.onState(this);
  }
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await Promise.allSettled([promise]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
