import { expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkoutRoot } from './checkout.js';

const apps = join(checkoutRoot(), 'apps');

it('Every handler of an app is in `<folder>/<folder>.processor.ts`, as docs/add-a-processor.md says', () => {
  const sources = readdirSync(apps, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /^[^/\\]+[/\\]src[/\\]/.test(path) && path.endsWith('.ts') && !path.endsWith('.spec.ts'),
  );
  const handlers = sources.filter((path) =>
    /@Consumes(Failure)?\(/.test(readFileSync(join(apps, path), 'utf8')),
  );
  expect(handlers.length).toBeGreaterThan(0);
  for (const path of handlers) expect(basename(path)).toBe(`${basename(dirname(path))}.processor.ts`);
});
