/** Lets at most `permits` pieces of work run at the same time; the others wait in the order in which they came. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];

  constructor(private permits: number) {}

  /** @param work is told whether it had to wait for a place */
  async run<Result>(work: (hasWaited: boolean) => Promise<Result>): Promise<Result> {
    const hasWaited = !this.tryAcquire();
    if (hasWaited) await this.acquire();
    try {
      return await work(hasWaited);
    } finally {
      this.release();
    }
  }

  /** Takes a place if there is one. Whoever has taken one must {@link release}. */
  tryAcquire(): boolean {
    if (this.permits <= 0) return false;
    this.permits -= 1;
    return true;
  }

  /** Resolves with a place. */
  acquire(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Lets everything that waits go on now, beyond the permits that there are. */
  releaseAll(): void {
    for (const next of this.waiting.splice(0)) {
      this.permits -= 1;
      next();
    }
  }

  release(): void {
    const next = this.permits < 0 ? undefined : this.waiting.shift();
    if (next) next();
    else this.permits += 1;
  }
}
