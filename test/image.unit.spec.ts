import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../tools/checkout.js';

const read = (file: string) => readFileSync(join(checkoutRoot(), file), 'utf8');

describe('the image of a service', () => {
  /** Docker matches a pattern against the path and all its parent folders. */
  const patterns = read('.dockerignore')
    .split('\n')
    .filter(Boolean)
    .map((pattern) => {
      const text = pattern.replace(/[.+]/g, String.raw`\$&`).replace('**/', '(.*/)?');
      return new RegExp(`^${text.replace(/(?<!\.)\*(?!\/\))/g, '[^/]*')}(/|$)`);
    });
  const isIgnored = (path: string) => patterns.some((pattern) => pattern.test(path));

  it.each([
    '.env',
    '.env.production',
    'apps/signup/.env',
    'libs/store/test/.env.local',
    '.git/config',
    '.data/signup/x',
  ])('is built without %s', (path) => expect(isIgnored(path)).toBe(true));

  it.each(['package-lock.json', 'apps/signup/src/main.ts', 'apps/signup/migrations/0000_users.sql'])(
    'is built with %s',
    (path) => expect(isIgnored(path)).toBe(false),
  );

  it('has the compiled app and its migrations, and no sources', () => {
    const [lastStage] = read('deploy/Dockerfile')
      .split(/^FROM /m)
      .slice(-1);
    const copied = [...lastStage!.matchAll(/^COPY --from=\w+ (\S+)/gm)].map(([, path]) => path);
    expect(copied).toEqual([
      '/app/node_modules',
      '/app/package.json',
      '/app/dist/apps/$APP',
      '/app/apps/$APP/migrations',
    ]);
  });
});
