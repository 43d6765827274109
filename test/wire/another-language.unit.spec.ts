import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../system.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('docs/another-language.md shows the program as it is', () => {
  const [, shown] = /\n```python\n(.+?)```\n/s.exec(read('docs/another-language.md'))!;
  expect(shown).toBe(read('examples/python/loyalty.py'));
});
