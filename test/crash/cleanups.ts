/** What has to be undone when something has ended. */
export class Cleanups {
  private readonly cleanups: (() => unknown)[] = [];

  defer(cleanup: () => unknown): void {
    this.cleanups.push(cleanup);
  }

  /** Undoes all of it, what came last first. One that fails keeps none of the others from being undone. */
  async run(log: (line: string) => void): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) {
      try {
        await cleanup();
      } catch (error) {
        log(`could not clean up: ${String(error)}`);
      }
    }
  }
}
