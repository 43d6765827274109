import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';
import { NODE_FLAGS } from './node-flags.js';

describe('NODE_FLAGS', () => {
  it('are the flags of the containers too', () => {
    const dockerfile = readFileSync(join(checkoutRoot(), 'deploy/Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`exec node ${NODE_FLAGS.join(' ')} dist/`);
  });
});
