import { processorsOf } from '@cascade/jetstream';
import type { Type } from '@nestjs/common';

/** Connections for HTTP requests, the readiness check, and background work. */
const RESERVED = 2;

/**
 * Returns how many database connections a service with these event processors needs (`connections` of `StoreModule`): the sum of
 * their `concurrency`, and two more. With fewer connections, events wait for one and fail after 2 s.
 *
 * @param controllers Classes with `@Consumes` methods that use the database. Declare a `concurrency` there: the default is 64.
 */
export function connectionsFor(...controllers: Type[]): number {
  const atOnce = controllers.flatMap(processorsOf).map(({ declaration }) => declaration.concurrency);
  return atOnce.reduce((sum, concurrency) => sum + concurrency, RESERVED);
}
