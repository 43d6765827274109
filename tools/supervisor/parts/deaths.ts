/** A part that was ready for this long is taken as healthy: what killed it is news, not the old fault again. */
export const HEALTHY_MS = 60_000;
export const MAX_DEATHS = 5;

const FIRST_PAUSE_MS = 250;

/** Counts the deaths of one part in a row, and decides what follows each. */
export class Deaths {
  #inARow = 0;

  /**
   * @param readyForMs How long the part had been ready; 0 when it died before.
   * @returns Milliseconds to wait before the next start, doubling with each death in a row (0.25 s to 2 s),
   *   or nothing: this was the fifth, give up.
   */
  record(readyForMs: number): number | undefined {
    this.#inARow = readyForMs >= HEALTHY_MS ? 1 : this.#inARow + 1;
    return this.#inARow < MAX_DEATHS ? FIRST_PAUSE_MS * 2 ** (this.#inARow - 1) : undefined;
  }

  forget(): void {
    this.#inARow = 0;
  }
}
