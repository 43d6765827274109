/**
 * Flags of Node for a service. `deploy/Dockerfile` has the same flags.
 *
 * V8's young generation begins with 1 MB and doubles from time to time. While the young generation is small, V8 moves events
 * whose handlers wait to the old generation. These events stay in the old generation long after they are handled. With the growth
 * factor, the young generation reaches its full size immediately.
 *
 * V8 also allocates objects in the old generation if earlier objects of the same code outlived the young generation. The last
 * flag prevents this for events.
 *
 * Without these flags, a processor with 256 events in flight for 20 ms each took 181 to 215 MiB. With only the growth factor, the
 * processor took 134 or 198 MiB. With both flags, the processor takes 136 MiB (`wait20` of `npm run bench`).
 *
 * The full size is 16 MB, as in Node 20. The default of Node 24 is four times as much.
 */
export const NODE_FLAGS: readonly string[] = [
  '--enable-source-maps',
  '--max-semi-space-size=16',
  '--semi-space-growth-factor=16',
  '--no-allocation-site-pretenuring',
];
