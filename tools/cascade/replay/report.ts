import type { ReplayResult } from '@cascade/jetstream';
import { renderColumns } from '../../text/columns.js';
import { counted } from '../text/numbers.js';
import type { Plan, Source } from './source.js';

const PENDING = '`node cascade failures list --state requested` shows replays without a result.';
const SKIPPED =
  'handled, under way, failed again as a newer failure, or of a processor that no longer exists';
const HOW_FAR = '`node cascade lag` shows how far its processor is.';

export function planLines(
  { total, skipped = 0, groups = [] }: Plan,
  { newFrom }: Pick<Source, 'newFrom'>,
): string[] {
  const rows = groups.map(({ processor, event, error, count }) => [processor, event, error, String(count)]);
  const table =
    rows.length > 0 ? [...renderColumns(['processor', 'event', 'error', 'failures'], rows), ''] : [];
  const left = skipped > 0 ? `; ${skipped} more would be skipped: ${SKIPPED}` : '';
  const asNewText = newFrom ? `, and consumers would handle the next events of ${newFrom} as new events` : '';
  return [
    ...table,
    `${counted(total - skipped, 'event')} would be replayed${asNewText}${left}. Nothing was replayed.`,
  ];
}

export function resultLines(
  { replayed, skipped, total, stopped, replayId }: ReplayResult,
  { isResumable, newFrom }: Pick<Source, 'isResumable' | 'newFrom'>,
): string[] {
  if (total === 0) return ['There is nothing to replay.'];
  const done = `${replayed} of ${counted(total, 'event')} replayed${newFrom ? ' as new' : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return [
    stopped
      ? `Stopped: ${done}. The same command ${isResumable ? 'replays the rest' : 'starts over'}.`
      : `${done}.`,
    `Replay ${replayId}. ${isResumable ? PENDING : HOW_FAR}`,
  ];
}
