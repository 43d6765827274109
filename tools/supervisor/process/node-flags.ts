/**
 * How the Node of a service is started, here as in `deploy/Dockerfile`.
 *
 * V8's young generation begins with 1 MB and would double from time to time; now it is of full size as soon as it grows. While it
 * is small, events whose handlers wait are moved to the old generation, where their remains stay for long. And where V8 finds
 * that objects of one place in the code mostly outlive the young generation, as those do, it makes them in the old one from then
 * on, remains and all that they hold included: it is told not to. A processor with 256 events in flight for 20 ms each took 181
 * to 215 MiB without either, 134 or 198 by chance with the first, and takes 136 (`wait20` of `npm run bench`).
 * Full size is 16 MB, as in Node 20; Node 24 would take four times as much.
 */
export const NODE_FLAGS: readonly string[] = [
  '--enable-source-maps',
  '--max-semi-space-size=16',
  '--semi-space-growth-factor=16',
  '--no-allocation-site-pretenuring',
];
