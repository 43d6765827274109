/** Limits the number of pieces of work that run at the same time to `permits`. Other work waits in the order of its arrival. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];

  constructor(private permits: number) {}

  /** @param work to run; called with true if the work had to wait for a permit */
  async run<Result>(work: (hasWaited: boolean) => Promise<Result>): Promise<Result> {
    const hasWaited = this.permits <= 0;
    if (hasWaited) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.permits -= 1;
    try {
      return await work(hasWaited);
    } finally {
      this.release();
    }
  }

  /** Starts all waiting work immediately, even beyond the number of permits. */
  releaseAll(): void {
    for (const start of this.waiting.splice(0)) {
      this.permits -= 1;
      start();
    }
  }

  private release(): void {
    const next = this.permits < 0 ? undefined : this.waiting.shift();
    if (next) next();
    else this.permits += 1;
  }
}
