/** Time after which a ready part counts as healthy, in milliseconds. The next death of a healthy part starts a new series. */
export const HEALTHY_MS = 60_000;
export const MAX_DEATHS = 5;

const FIRST_PAUSE_MS = 250;

/** Counts the successive deaths of one part, and decides when to restart the part. */
export class Deaths {
  private inARow = 0;

  /**
   * @param readyForMs Time for which the part was ready, in milliseconds; 0 if the part was never ready.
   * @returns Pause until the next start, in milliseconds; undefined after the fifth successive death, when the caller must give
   *   up. The pause doubles with each successive death (0.25 s to 2 s).
   */
  record(readyForMs: number): number | undefined {
    this.inARow = readyForMs >= HEALTHY_MS ? 1 : this.inARow + 1;
    return this.inARow < MAX_DEATHS ? FIRST_PAUSE_MS * 2 ** (this.inARow - 1) : undefined;
  }

  forget(): void {
    this.inARow = 0;
  }
}
