import type { RemovalPlan, RemovalProgress, RemovalResult } from '@cascade/jetstream';
import type { Output } from '../output.js';
import { progressBar } from '../replay/progress.js';
import { formatBytes } from '../text/bytes.js';
import { renderColumns } from '../../text/columns.js';
import { counted } from '../text/numbers.js';

export const NOTHING = 'There is nothing of that kind to remove.';

export function planLines({ total, bytes, left, groups }: RemovalPlan): string[] {
  if (total === 0) return [NOTHING, ...leftLines(left)];
  const rows = groups.map(({ processor, event, error, state, count, bytes: size }) => [
    processor,
    event,
    error,
    state,
    String(count),
    String(size),
  ]);
  return [
    ...renderColumns(['processor', 'event', 'error', 'state', 'failures', 'bytes'], rows),
    '',
    `${counted(total, 'failure')}, ${formatBytes(bytes)}, would be removed. Nothing was done.`,
    ...leftLines(left),
  ];
}

/** @param rest what to do after an interruption */
export function resultLines(
  { total, removed, skipped, bytes, removalId, stopped }: RemovalResult,
  left: number,
  rest = 'The same command removes the rest.',
): string[] {
  const changed = skipped > 0 ? `; ${skipped} changed since and stayed` : '';
  const done = `${counted(removed, 'failure')} removed, ${formatBytes(bytes)}${changed}.`;
  return [
    stopped ? `Stopped: ${removed} of ${counted(total, 'failure')} removed. ${rest}` : done,
    `Removal ${removalId}; the event failures.removed says who asked for it, and why.`,
    ...leftLines(left),
  ];
}

export function showProgress({ total, removed, skipped }: RemovalProgress, output: Output): void {
  output.progress(progressBar({ total, replayed: removed, skipped }));
}

function leftLines(left: number): string[] {
  if (left === 0) return [];
  return [
    `${left} more ${left === 1 ? 'is' : 'are'} open, under way, or in another state, and ${left === 1 ? 'stays' : 'stay'}: \`--state open\` takes open ones.`,
  ];
}
