/** Lets at most `places` pieces of work run at the same time; the others wait in the order in which they came. */
export class ConcurrencyLimit {
  private readonly waiting: (() => void)[] = [];

  constructor(private places: number) {}

  /** @param work is told whether it had to wait for a place */
  async run<Result>(work: (hasWaited: boolean) => Promise<Result>): Promise<Result> {
    const hasWaited = !this.enter();
    if (hasWaited) await this.turn();
    try {
      return await work(hasWaited);
    } finally {
      this.leave();
    }
  }

  /** Takes a place if there is one. Whoever has taken one must {@link leave}. */
  enter(): boolean {
    if (this.places <= 0) return false;
    this.places -= 1;
    return true;
  }

  /** Resolves with a place. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Lets everything that waits go on now, beyond the places that there are. */
  admitAll(): void {
    for (const next of this.waiting.splice(0)) {
      this.places -= 1;
      next();
    }
  }

  leave(): void {
    const next = this.places < 0 ? undefined : this.waiting.shift();
    if (next) next();
    else this.places += 1;
  }
}
