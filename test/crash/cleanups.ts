/** Steps that undo a setup. */
export class Cleanups {
  private readonly cleanups: (() => unknown)[] = [];

  defer(cleanup: () => unknown): void {
    this.cleanups.push(cleanup);
  }

  /** Runs all steps in reverse order. If a step fails, the remaining steps still run. */
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
