/** Lets at most `permits` pieces of work run at the same time. The others wait in the order of their arrival. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];

  constructor(private permits: number) {}

  /** @param work is told whether it had to wait for a permit */
  async run<Result>(work: (hasWaited: boolean) => Promise<Result>): Promise<Result> {
    const hasWaited = !this.tryAcquire();
    if (hasWaited) await this.acquire();
    try {
      return await work(hasWaited);
    } finally {
      this.release();
    }
  }

  /** Takes a permit if there is one. The caller must {@link release} it. */
  tryAcquire(): boolean {
    if (this.permits <= 0) return false;
    this.permits -= 1;
    return true;
  }

  /** Resolves with a permit, which the caller must {@link release}. */
  acquire(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Lets everything that waits begin now, beyond the permits that there are. */
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
