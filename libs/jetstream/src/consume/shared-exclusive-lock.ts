/** Maximum time that exclusive work waits for running work to end, in milliseconds. */
const IDLE_TIMEOUT_MS = 10_000;
/**
 * Maximum time for which exclusive work keeps the lock, including its wait for running work, in milliseconds. Then other work may
 * start even if the exclusive work still runs.
 */
const EXCLUSIVE_TIMEOUT_MS = 30_000;

/**
 * Lets shared work run concurrently, and exclusive work run alone in the process. No work waits forever. If some work hangs,
 * other work starts after a timeout.
 */
export class SharedExclusiveLock {
  private running = 0;
  /** Resolves when the exclusive work ends or times out; undefined while there is no exclusive work. */
  private exclusive: Promise<void> | undefined;
  private resolveIdle = (): void => undefined;

  /** True if exclusive work can start immediately. */
  get isIdle(): boolean {
    return this.running === 0 && !this.exclusive;
  }

  async runShared<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.exclusive) await this.exclusive;
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.resolveIdle();
    }
  }

  async runExclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.exclusive) await this.exclusive;
    let release = (): void => undefined;
    const exclusive = new Promise<void>((resolve) => (release = resolve));
    this.exclusive = exclusive;
    const end = (): void => {
      // After a timeout, the lock may belong to other work.
      if (this.exclusive === exclusive) this.exclusive = undefined;
      release();
    };
    const timer = setTimeout(end, EXCLUSIVE_TIMEOUT_MS);
    try {
      await this.idle();
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  private async idle(): Promise<void> {
    if (this.running === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.resolveIdle = resolve;
      timer = setTimeout(resolve, IDLE_TIMEOUT_MS);
    });
    clearTimeout(timer);
  }
}
