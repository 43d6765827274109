import { isFull, isNearlyFull, roomRemedy, roomText, type BrokerRoom } from '../streams/room.js';
import { fault, note, ok, type Finding } from './finding.js';

/** Reports each stream without a leader, because the other checks cannot use such a stream. */
export function checkLeaders({ streams }: BrokerRoom): Finding[] {
  return streams
    .filter(({ hasLeader }) => !hasLeader)
    .map(({ of }) =>
      fault(
        'streams',
        `${of} has no leader: publishes wait, and nothing is delivered`,
        'start the servers of the cluster that are down: most replicas of a stream must run',
      ),
    );
}

export function checkRoom({ streams, account }: BrokerRoom): Finding[] {
  const rooms = [...streams, ...account];
  if (rooms.length === 0) return [];
  const findings = rooms.filter(isNearlyFull).map((room) =>
    isFull(room)
      ? fault('room', `${roomText(room)} and is full: publishes wait`, roomRemedy(room))
      : // A note has no field for a remedy, so the text includes the remedy.
        note(
          'room',
          `${roomText(room)}, which is ${room.percent} %; when it is full, publishes wait: ${roomRemedy(room)}`,
        ),
  );
  return findings.length > 0 ? findings : [ok('room', rooms.map(roomText).join(', '))];
}
