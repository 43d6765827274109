import { processorsOf } from '@cascade/jetstream';
import type { Type } from '@nestjs/common';

/** Number of connections for HTTP requests, the readiness check and background work. */
const RESERVED = 2;

/**
 * Returns the number of database connections that a service with these event processors needs (`connections` of `StoreModule`).
 * The number is the sum of their `concurrency`, plus two. With fewer connections, an event may wait for a connection, and fails
 * after 2 s.
 *
 * @param controllers Classes with `@Consumes` methods that use the database. Declare a `concurrency` for each method, because the
 *   default is 64.
 */
export function connectionsFor(...controllers: Type[]): number {
  const atOnce = controllers.flatMap(processorsOf).map(({ declaration }) => declaration.concurrency);
  return atOnce.reduce((sum, concurrency) => sum + concurrency, RESERVED);
}
