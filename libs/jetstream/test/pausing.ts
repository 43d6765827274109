import { Pauses } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { expect } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import type { Transport } from './transport.js';

/**
 * Places orders `<prefix>-0`, `<prefix>-1` and so on. Specs share a broker, and recognize their orders by the prefix of the order
 * id.
 */
export function place(transport: Transport, prefix: string, count: number): void {
  for (let number = 0; number < count; number++) {
    transport.publish('events.order.placed', { orderId: `${prefix}-${number}`, amount: 1 });
  }
}

export async function untilPaused(application: INestApplicationContext): Promise<void> {
  const pauses = application.get(Pauses, { strict: false });
  await eventually(() => expect(pauses.ready()).rejects.toThrow(/has been paused since/));
}
