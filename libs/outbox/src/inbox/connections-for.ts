import { processorsOf } from '@cascade/jetstream';
import type { Type } from '@nestjs/common';

/** For HTTP requests, the readiness check, and what runs in the background. */
const RESERVED = 2;

/**
 * Connections to the database (`connections` of `StoreModule`) that a service with these event processors needs: one for each
 * event that they work on at the same time, as their `concurrency` says, and two more. With fewer, events wait for a connection,
 * and fail after 2 s of it.
 *
 * @param controllers Classes with `@Consumes` methods that use the database; declare a `concurrency` there, for the default is 64.
 */
export function connectionsFor(...controllers: Type[]): number {
  const atOnce = controllers.flatMap(processorsOf).map(({ declaration }) => declaration.concurrency);
  return atOnce.reduce((sum, concurrency) => sum + concurrency, RESERVED);
}
