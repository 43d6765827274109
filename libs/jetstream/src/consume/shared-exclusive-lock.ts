/** Milliseconds for which work that wants to be alone waits for what runs. */
const PATIENCE = 10_000;
/** Milliseconds for which others are kept from starting. */
const LONGEST = 30_000;

/**
 * Lets work run side by side, except for work that must be alone in the process. Neither kind waits for ever: where something
 * hangs, they run together after all.
 */
export class SharedExclusiveLock {
  private running = 0;
  private alone: Promise<void> | undefined;
  private whenIdle = (): void => undefined;

  /** Whether what wants to be alone would be so at once. */
  get isIdle(): boolean {
    return this.running === 0 && !this.alone;
  }

  async runShared<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.alone) await this.alone;
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.whenIdle();
    }
  }

  async runExclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.alone) await this.alone;
    let open = (): void => undefined;
    this.alone = new Promise((resolve) => (open = resolve));
    const end = (): void => {
      if (this.alone) open();
      this.alone = undefined;
    };
    const timer = setTimeout(end, LONGEST);
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
      this.whenIdle = resolve;
      timer = setTimeout(resolve, PATIENCE);
    });
    clearTimeout(timer);
  }
}
