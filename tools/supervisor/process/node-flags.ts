/**
 * Node's flags for a service, here and in `deploy/Dockerfile`.
 *
 * V8's young generation begins with 1 MB and doubles now and then. While it is small, V8 moves events whose handlers wait to the
 * old generation, where they stay long after they are handled. The growth factor makes it grow to its full size at once.
 * V8 also allocates objects in the old generation if earlier objects of the same code outlived the young one, as these do.
 * The last flag turns that off.
 * A processor with 256 events in flight for 20 ms each took 181 to 215 MiB without these flags, and 134 or 198 with the growth
 * factor alone. With both it takes 136 (`wait20` of `npm run bench`).
 * The full size is 16 MB, as in Node 20; the default of Node 24 is four times as much.
 */
export const NODE_FLAGS: readonly string[] = [
  '--enable-source-maps',
  '--max-semi-space-size=16',
  '--semi-space-growth-factor=16',
  '--no-allocation-site-pretenuring',
];
