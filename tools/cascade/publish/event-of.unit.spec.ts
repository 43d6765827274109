import { describe, expect, it } from '@jest/globals';
import { UsageError } from '../errors.js';
import { eventOf } from './event-of.js';

class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };
}
class NewerOrderPlaced {
  static readonly event = { name: 'order.placed', version: 2 };
}
class InvoiceIssued {
  static readonly event = { name: 'invoice.issued', version: 1 };
}
const contracts = [OrderPlaced, NewerOrderPlaced, InvoiceIssued];

describe('An event', () => {
  it.each(['order.placed', 'events.order.placed'])('is found by %s, in its newest version', (channel) => {
    expect(eventOf(channel, contracts)).toBe(NewerOrderPlaced);
  });

  it('that is misspelt is refused with the nearest that there is', () => {
    const find = () => eventOf('order.place', contracts);
    expect(find).toThrow(UsageError);
    expect(find).toThrow(expect.objectContaining({ remedies: ['Did you mean order.placed?'] }));
  });

  it('that is like no other is refused with all that there are', () => {
    expect(() => eventOf('failed.notifier.x', contracts)).toThrow(
      expect.objectContaining({ remedies: ['There are invoice.issued, order.placed.'] }),
    );
  });
});
