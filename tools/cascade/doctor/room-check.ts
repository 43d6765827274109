import { isFull, isNearlyFull, roomRemedy, roomText, type BrokerRoom } from '../streams/room.js';
import { fault, note, ok, type Finding } from './finding.js';

/** Streams of a cluster that has lost its quorum; what rests on them cannot be looked at. */
export function checkLeaders({ streams }: BrokerRoom): Finding[] {
  return streams
    .filter(({ hasLeader }) => !hasLeader)
    .map(({ of }) =>
      fault(
        'streams',
        `${of} has no leader: publishes wait, and nothing is delivered`,
        'start the servers of the cluster that are down: most of the replicas of a stream must run',
      ),
    );
}

/** How full the streams are, and the account of the broker. */
export function checkRoom({ streams, account }: BrokerRoom): Finding[] {
  const rooms = [...streams, ...account];
  if (rooms.length === 0) return [];
  const findings = rooms.filter(isNearlyFull).map((room) =>
    isFull(room)
      ? fault('room', `${roomText(room)} and is full: publishes wait`, roomRemedy(room))
      : // The remedy of a note is part of it: nothing is wrong yet.
        note(
          'room',
          `${roomText(room)}, which is ${room.percent} %; when it is full, publishes wait: ${roomRemedy(room)}`,
        ),
  );
  return findings.length > 0 ? findings : [ok('room', rooms.map(roomText).join(', '))];
}
