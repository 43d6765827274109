const WIDTH = 30;

interface Progress {
  readonly total: number;
  readonly done: number;
  readonly skipped: number;
}

/** Formats the progress of a replay or removal: `[██████········]  40 of 100, 2 skipped`. */
export function progressBar({ total, done, skipped }: Progress): string {
  const passed = done + skipped;
  // `passed` may exceed `total`, because more failures may have been stored since the total was counted.
  const share = total > 0 ? Math.min(1, passed / total) : 1;
  const full = Math.round(share * WIDTH);
  const bar = `${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}`;
  return `[${bar}]  ${passed} of ${Math.max(total, passed)}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
