/** A pause that somebody else may end. */
export class Alarm {
  private rung = false;
  private endPause: () => void = () => undefined;

  /** Ends the pause that lasts, or else the next one as it begins. */
  ring(): void {
    this.rung = true;
    this.endPause();
  }

  /** @param limit Milliseconds that it lasts at most. */
  async pause(limit: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limit);
        this.endPause = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.rung = false;
  }
}
