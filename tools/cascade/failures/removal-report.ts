import type { RemovalPlan, RemovalResult } from '@cascade/jetstream';
import { renderColumns } from '../../text/columns.js';
import { formatBytes } from '../text/bytes.js';
import { counted } from '../text/numbers.js';

export const NOTHING = 'There is nothing to remove.';

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
    `${counted(total, 'failure')}, ${formatBytes(bytes)}, would be removed. Nothing was removed.`,
    ...leftLines(left),
  ];
}

/** @param rest instruction for removing the remaining failures after an interruption */
export function resultLines(
  { total, removed, skipped, bytes, removalId, stopped }: RemovalResult,
  left: number,
  rest = 'The same command removes the rest.',
): string[] {
  const changed = skipped > 0 ? `; ${skipped} stayed because they have changed` : '';
  const done = `${counted(removed, 'failure')} removed, ${formatBytes(bytes)}${changed}.`;
  return [
    stopped ? `Stopped: ${removed} of ${counted(total, 'failure')} removed. ${rest}` : done,
    `Removal ${removalId}. The event failures.removed records who asked for it, and why.`,
    ...leftLines(left),
  ];
}

function leftLines(left: number): string[] {
  if (left === 0) return [];
  return [
    `${left} more ${left === 1 ? 'stays' : 'stay'}: open, under way, or in another state. \`--state open\` chooses open failures.`,
  ];
}
