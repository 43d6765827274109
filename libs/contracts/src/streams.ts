const DAY = 24 * 60 * 60 * 1_000;
const MIB = 1024 ** 2;

/**
 * Limits of this system's streams, declared once for all services. Sizes are in bytes, and ages are in milliseconds. `replicas`
 * is the number of copies of each stream in a cluster.
 *
 * The environment may override these values, for example with `EVENTS_MAX_BYTES` (see the README). Existing streams keep their
 * limits until an operator runs `node cascade provision`.
 */
export const streams = {
  replicas: 1,
  /** Limits for about a week of events at one signup per second. */
  events: { maxBytes: 1_024 * MIB, maxAge: 7 * DAY },
  failures: { maxBytes: 256 * MIB, maxAge: 30 * DAY },
};
