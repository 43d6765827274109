import type { ReplayProgress } from '@cascade/jetstream';

const WIDTH = 30;

/** Formats the progress of a replay or removal: `[██████········]  40 of 100, 2 skipped`. */
export function progressBar({ total, replayed, skipped }: ReplayProgress): string {
  const done = replayed + skipped;
  // `done` may exceed `total`, because more failures may have been stored since the total was counted.
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.round(share * WIDTH);
  const bar = `${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}`;
  return `[${bar}]  ${done} of ${Math.max(total, done)}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
