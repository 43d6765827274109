/** Timer whose wait ends after a given time, or earlier if other code interrupts the wait. */
export class InterruptibleTimer {
  private interrupted = false;
  private endWait: () => void = () => undefined;

  /** Ends the current wait. If no wait is running, the next wait ends immediately. */
  interrupt(): void {
    this.interrupted = true;
    this.endWait();
  }

  /** @param limit Maximum duration of the wait, in milliseconds. */
  async wait(limit: number): Promise<void> {
    if (!this.interrupted) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, limit);
        this.endWait = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
    this.interrupted = false;
  }
}
