/** A part that was ready for this long counts as healthy, so its next death starts a new series. */
export const HEALTHY_MS = 60_000;
export const MAX_DEATHS = 5;

const FIRST_PAUSE_MS = 250;

/** Counts the successive deaths of one part, and decides when to start it again. */
export class Deaths {
  private inARow = 0;

  /**
   * @param readyForMs Milliseconds for which the part was ready; 0 if it died before.
   * @returns Milliseconds until the next start, which double with each successive death (0.25 s to 2 s); undefined after the
   *   fifth, to give up.
   */
  record(readyForMs: number): number | undefined {
    this.inARow = readyForMs >= HEALTHY_MS ? 1 : this.inARow + 1;
    return this.inARow < MAX_DEATHS ? FIRST_PAUSE_MS * 2 ** (this.inARow - 1) : undefined;
  }

  forget(): void {
    this.inARow = 0;
  }
}
