/** Waits, for as long as no other code interrupts it. */
export class InterruptibleTimer {
  private interrupted = false;
  private endWait: () => void = () => undefined;

  /** Ends the wait that is running. If none is running, the next one ends as it begins. */
  interrupt(): void {
    this.interrupted = true;
    this.endWait();
  }

  /** @param limit Milliseconds after which the wait ends by itself. */
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
