import type { ReplayResult } from '@cascade/jetstream';
import { renderColumns } from '../../text/columns.js';
import { counted } from '../text/numbers.js';
import type { Plan, Taking } from './taking.js';

const UNANSWERED = '`node cascade failures list --state requested` shows what has not been answered yet.';
const SKIPPED = 'handled, under way, failed again as a newer failure, or of a processor that is no more';
const HOW_FAR = '`node cascade lag` shows how far its processor is.';

export function planLines(
  { total, skipped = 0, groups = [] }: Plan,
  { newFrom }: Pick<Taking, 'newFrom'> = {},
): string[] {
  const rows = groups.map(({ processor, event, error, count }) => [processor, event, error, String(count)]);
  const table =
    rows.length > 0 ? [...renderColumns(['processor', 'event', 'error', 'failures'], rows), ''] : [];
  const left = skipped > 0 ? `; ${skipped} more would be skipped: ${SKIPPED}` : '';
  const anew = newFrom ? `, and what ${newFrom} returns would be new to all downstream` : '';
  return [
    ...table,
    `${counted(total - skipped, 'event')} would be replayed${anew}${left}. Nothing was done.`,
  ];
}

export function resultLines(
  { replayed, skipped, total, stopped, replayId }: ReplayResult,
  { goesOn, newFrom }: Pick<Taking, 'goesOn' | 'newFrom'>,
): string[] {
  if (total === 0) return ['There is nothing of that kind to replay.'];
  const done = `${replayed} of ${counted(total, 'event')} replayed${newFrom ? ' as new' : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return [
    stopped
      ? `Stopped: ${done}. The same command ${goesOn ? 'goes on with the rest' : 'begins anew'}.`
      : `${done}.`,
    `Replay ${replayId}. ${goesOn ? UNANSWERED : HOW_FAR}`,
  ];
}
