/** Waits until its time is over, or until other code interrupts it. */
export class InterruptibleTimer {
  private interrupted = false;
  private endWait: () => void = () => undefined;

  /** Ends the current wait. If there is no wait, the next one ends at once. */
  interrupt(): void {
    this.interrupted = true;
    this.endWait();
  }

  /** @param limit Milliseconds that the wait takes if nothing interrupts it. */
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
