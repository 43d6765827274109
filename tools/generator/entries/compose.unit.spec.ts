import { describe, expect, it } from '@jest/globals';
import type { Blueprint } from '../blueprint/blueprint.js';
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
  it('follows the last service that is built from this checkout, and leaves the rest unchanged', () => {
    expect(composeEntry.add(text, blueprint)).toBe(
      text.replace(
        '\n  # The broker.',
        '\n  coupons:\n    <<: *service\n    build: { context: . }\n\n  # The broker.',
      ),
    );
  });

  it('is removed without a trace', () => {
    expect(composeEntry.remove(composeEntry.add(text, blueprint), blueprint)).toBe(text);
    expect(composeEntry.remove(text, blueprint)).toBe(text);
  });

  it.each(['services: [', 'volumes: {}', 'services: { nats: { image: nats } }'])(
    'has no place in %j',
    (broken) => {
      expect(() => composeEntry.add(broken, blueprint)).toThrow(GeneratorError);
    },
  );
});
