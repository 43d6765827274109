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

  it('that is misspelt is refused, with the most similar name', () => {
    const find = () => eventOf('order.place', contracts);
    expect(find).toThrow(UsageError);
    expect(find).toThrow(expect.objectContaining({ remedies: ['Did you mean order.placed?'] }));
  });

  it('that resembles no other is refused, with all names', () => {
    expect(() => eventOf('failed.notifier.x', contracts)).toThrow(
      expect.objectContaining({ remedies: ['There are invoice.issued, order.placed.'] }),
    );
  });
});
