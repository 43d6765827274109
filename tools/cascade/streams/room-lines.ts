import type { Output } from '../output.js';
import { formatBytes } from '../text/bytes.js';
import { isFull, isNearlyFull, roomRemedy, type BrokerRoom, type Room, type StreamRoom } from './room.js';

/** Formats a table of the streams, with hints about full streams. If the account has limits, the table includes the account. */
export function roomLines({ streams, account }: BrokerRoom, output: Output): string[] {
  const rooms: readonly (Room & Partial<StreamRoom>)[] = [...streams, ...account];
  const rows = rooms.map(({ of, messages, bytes, limit, percent }) => [
    of,
    messages === undefined ? '-' : String(messages),
    formatBytes(bytes),
    limit === undefined ? '-' : formatBytes(limit),
    percent === undefined ? '-' : `${percent} %`,
  ]);
  const paint = (line: string, row: number) => paintedLine(line, rooms[row]!, output);
  const hints = rooms.filter(needsHint).map(hint);
  return [
    ...output.table(['stream', 'messages', 'stored', 'of', 'full'], rows, { paint }),
    ...(hints.length > 0 ? ['', ...hints] : []),
  ];
}

function needsHint(room: Room & Partial<StreamRoom>): boolean {
  return room.hasLeader === false || isNearlyFull(room);
}

function paintedLine(line: string, room: Room & Partial<StreamRoom>, output: Output): string {
  if (!needsHint(room)) return line;
  return output.paint(room.hasLeader === false || isFull(room) ? 'red' : 'yellow', line);
}

function hint(room: Room & Partial<StreamRoom>): string {
  if (room.hasLeader === false)
    return `${room.of} has no leader: publishes wait until most of its servers run again`;
  const state = isFull(room)
    ? 'is full: publishes wait'
    : `is ${room.percent} % full: publishes wait when it is full`;
  return `${room.of} ${state}; ${roomRemedy(room)}`;
}
