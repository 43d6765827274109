import { describe, expect, it } from '@jest/globals';
import { answerOf } from './answer.js';
import type { EventPart, Parts } from './parts.js';

const uuid = { type: 'string', format: 'uuid' };
const time = { type: 'string', format: 'date-time' };

function part(event: string, properties: Record<string, object>, sample: Record<string, unknown>): EventPart {
  return { event, class: 'X', sample, schema: { type: 'object', properties, required: Object.keys(sample) } };
}

const placed = part('order.placed', { orderId: uuid, note: { type: 'string' } }, { orderId: 'a' });
const partsOf = (more: Partial<Parts>) =>
  ({ name: 'billing', consumes: placed, newEvents: [], ...more }) as Parts;
const valuesOf = (parts: Parts, publishes: EventPart) =>
  Object.fromEntries(answerOf(parts, publishes).fields.map(({ field, value }) => [field, value]));

describe('the event that a new processor publishes', () => {
  const shipped = part(
    'order.shipped',
    { orderId: uuid, shippedAt: time, carrier: { type: 'string' } },
    { orderId: 'b', shippedAt: '2026', carrier: 'mule' },
  );

  it('copies equal fields, takes its time from the event, and otherwise has the values of the sample', () => {
    expect(valuesOf(partsOf({}), shipped)).toEqual({
      orderId: 'event.orderId',
      shippedAt: 'context.time.toISOString()',
      carrier: '"mule"',
    });
  });

  it('copies no field that has another schema, that is optional, or that belongs to a failure', () => {
    const other = part(
      'order.noted',
      { orderId: { type: 'string' }, note: { type: 'string' } },
      { orderId: 'c', note: 'n' },
    );
    expect(valuesOf(partsOf({}), other)).toEqual({ orderId: '"c"', note: '"n"' });
    expect(valuesOf(partsOf({ failuresOf: 'packing' }), shipped)).toMatchObject({ orderId: '"b"' });
  });

  it('derives a new id from the id of the consumed event', () => {
    const issued = part('coupon.issued', { couponId: uuid }, { couponId: 'd' });
    const parts = partsOf({ newEvents: [{ event: 'coupon.issued', idField: 'couponId' }] as never });
    expect(valuesOf(parts, issued)).toEqual({ couponId: "derivedEventId(context.eventId, 'billing', 0)" });
    expect(answerOf(parts, issued)).toMatchObject({
      usesPayload: false,
      usesContext: true,
      usesDerivedId: true,
    });
  });
});
