import { describe, expect, it } from '@jest/globals';
import { messageIdOf } from './message-id.js';

describe('messageIdOf', () => {
  it('is the event id at the domain', () => {
    expect(messageIdOf('0198c0de-7b1e-7000-8000-000000000000', 'cascade.localhost')).toBe(
      '<0198c0de-7b1e-7000-8000-000000000000@cascade.localhost>',
    );
  });

  it.each(['a\r\nBcc: eve@example.com', 'a>b', 'a@b', 'a b', '.a', 'a..b', '', 'Ünï', 'x'.repeat(5000)])(
    'replaces the event id %j, which does not fit into a header, by a digest',
    (eventId) => {
      expect(messageIdOf(eventId, 'cascade.localhost')).toMatch(/^<[0-9a-f]{64}@cascade\.localhost>$/);
    },
  );

  it('differs for different event ids', () => {
    expect(messageIdOf('a b', 'cascade.localhost')).not.toBe(messageIdOf('a  b', 'cascade.localhost'));
  });
});
