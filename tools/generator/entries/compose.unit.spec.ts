import { describe, expect, it } from '@jest/globals';
import type { Blueprint } from '../blueprint.js';
import { GeneratorError } from '../errors.js';
import { composeEntry } from './compose.js';

const text = `# The whole system
x-service: &service
  restart: unless-stopped # always

services:
  signup:
    <<: *service
    build: { context: ., args: { APP: signup } }
    environment:
      # Why this is so.
      PORT: 3000

  # The broker.
  nats:
    image: nats
`;
const blueprint = {
  app: { name: 'coupons' },
  entries: { compose: '  coupons:\n    <<: *service\n    build: { context: . }\n' },
} as Blueprint;

describe('the entry in docker-compose.yml', () => {
  it('stands behind the last service that is built here, and leaves the rest as it is', () => {
    expect(composeEntry.add(text, blueprint)).toBe(
      text.replace(
        '\n  # The broker.',
        '\n  coupons:\n    <<: *service\n    build: { context: . }\n\n  # The broker.',
      ),
    );
  });

  it('goes without a trace', () => {
    expect(composeEntry.remove(composeEntry.add(text, blueprint), blueprint)).toBe(text);
    expect(composeEntry.remove(text, blueprint)).toBe(text);
  });

  it.each(['services: [', 'volumes: {}', 'services: { nats: { image: nats } }'])(
    'is refused by %j',
    (broken) => {
      expect(() => composeEntry.add(broken, blueprint)).toThrow(GeneratorError);
    },
  );
});
