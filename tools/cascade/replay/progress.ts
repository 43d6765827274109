import type { ReplayProgress } from '@cascade/jetstream';
import type { Output } from '../output.js';

const WIDTH = 30;

/** One line that grows, on a terminal. */
export function showProgress(progress: ReplayProgress, output: Output): void {
  output.progress(progressBar(progress));
}

/** `[██████········]  40 of 100, 2 skipped` */
export function progressBar({ total, replayed, skipped }: ReplayProgress): string {
  const done = replayed + skipped;
  // More may have failed since they were counted.
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const full = Math.round(share * WIDTH);
  const bar = `${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}`;
  return `[${bar}]  ${done} of ${Math.max(total, done)}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
