import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deaths } from './deaths.js';
import type { Part, PartState, Run } from './part.js';

const KEPT_LINES = 20;
/** For a part that became ready although it had been told to stop. */
const LATE_GRACE_MS = 2_000;

export interface PartObserver {
  onLine(this: void, part: SupervisedPart, line: string): void;
  onState(this: void, part: SupervisedPart): void;
}

/** Keeps one part running: starts it again when it dies, and gives up after five deaths in a row. */
export class SupervisedPart {
  /** The last 20 lines that the part wrote. */
  readonly lastLines: string[] = [];
  /** Resolves to what other parts connect to, once it is ready for the first time; rejects when it never was. */
  readonly located: Promise<string>;
  /** Why it is `restarting` or `failed`. */
  reason = '';
  /** Milliseconds from its first start to its first being ready. */
  readyAfterMs: number | undefined;

  #state: PartState = 'stopped';
  #run: Run | undefined;
  /** Aborted when the part is told to stop or to restart: what belongs to an older life keeps its hands off. */
  #life = new AbortController();
  /** The present start or revival. Never rejects. */
  #activity: Promise<void> = Promise.resolve();
  #locate!: { found(address: string): void; lost(reason: Error): void };
  #retired = false;
  readonly #deaths = new Deaths();

  constructor(
    private readonly part: Part,
    private readonly observer: PartObserver,
  ) {
    this.located = new Promise((found, lost) => (this.#locate = { found, lost }));
    this.located.catch(() => undefined);
  }

  get name(): string {
    return this.part.name;
  }

  get state(): PartState {
    return this.#state;
  }

  /** The present run; none before it is ready, and while it is dead. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** What other parts connect to, while there is a run. */
  get address(): string | undefined {
    return this.#run?.address ?? this.#run?.url;
  }

  /**
   * Starts it for the first time. A part that cannot start even once is not tried again: the fault is in its code or its
   * configuration, and people should see it at once.
   *
   * @throws What the part threw.
   */
  async start(): Promise<void> {
    const started = performance.now();
    const starting = this.#startOnce();
    this.#activity = settled(starting);
    try {
      const run = await starting;
      this.readyAfterMs = Math.round(performance.now() - started);
      this.#locate.found(run.address ?? run.url);
    } catch (error) {
      this.#locate.lost(new Error(`needs ${this.name}, which did not start`));
      throw error;
    }
  }

  /** Ends the present run, if any, and starts a new one, also where the part had failed; not after `stop`. Never rejects. */
  async restart(graceMs: number): Promise<void> {
    await this.#end(graceMs);
    if (this.#retired) return;
    this.#deaths.forget();
    this.#life = new AbortController();
    this.#activity = settled(this.#startOnce());
    await this.#activity;
  }

  /** Ends it for good; resolves when nothing of it is left. */
  async stop(graceMs: number): Promise<void> {
    this.#retired = true;
    await this.#end(graceMs);
    if (this.#state !== 'failed') this.#enter('stopped');
  }

  /** Ends it at once and for good. */
  kill(): void {
    this.#life.abort();
    this.#run?.kill();
  }

  async #startOnce(): Promise<Run> {
    const life = this.#life.signal;
    try {
      return await this.#launch(life);
    } catch (error) {
      if (!life.aborted) this.#enter('failed', messageOf(error));
      throw error;
    }
  }

  async #launch(life: AbortSignal): Promise<Run> {
    this.#enter('starting');
    const run = await this.part.start({ onLine: (line) => this.#keep(line), signal: life });
    if (life.aborted) {
      await run.stop(LATE_GRACE_MS);
      throw new Error('was stopped while it started');
    }
    this.#run = run;
    this.#enter('ready');
    void this.#watch(run, life);
    return run;
  }

  async #watch(run: Run, life: AbortSignal): Promise<void> {
    const readySince = performance.now();
    const reason = await run.ended;
    this.#run = undefined;
    if (!life.aborted) this.#activity = this.#revive(life, reason, performance.now() - readySince);
  }

  /** Never rejects: it ends with the part ready, failed, or told to stop. */
  async #revive(life: AbortSignal, death: string, readyForMs: number): Promise<void> {
    let reason = death;
    let pause = this.#deaths.record(readyForMs);
    while (pause !== undefined) {
      this.#enter('restarting', reason);
      try {
        await sleep(pause, undefined, { signal: life });
        await this.#launch(life);
        return;
      } catch (error) {
        if (life.aborted) return;
        reason = messageOf(error);
        pause = this.#deaths.record(0);
      }
    }
    this.#enter('failed', `${reason}, for the fifth time in a row`);
  }

  async #end(graceMs: number): Promise<void> {
    this.#life.abort();
    await this.#run?.stop(graceMs);
    await this.#activity;
  }

  #keep(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
    this.observer.onLine(this, line);
  }

  #enter(state: PartState, reason = ''): void {
    this.#state = state;
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
