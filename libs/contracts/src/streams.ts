const DAY = 24 * 60 * 60 * 1_000;
const MIB = 1024 ** 2;

/**
 * The sizes of this system's streams, declared once for all services: bytes, milliseconds, and copies in a cluster.
 *
 * The environment may set other sizes (`EVENTS_MAX_BYTES` and others, see the README). Existing streams keep their sizes until an
 * operator runs `node cascade provision`.
 */
export const streams = {
  replicas: 1,
  /** Room for about a week of one signup a second. */
  events: { maxBytes: 1_024 * MIB, maxAge: 7 * DAY },
  failures: { maxBytes: 256 * MIB, maxAge: 30 * DAY },
};
