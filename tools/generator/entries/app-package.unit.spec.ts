import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from '../../checkout.js';
import type { Blueprint } from '../blueprint/blueprint.js';
import { GeneratorError } from '../errors.js';
import { appPackageEntries } from './app-package.js';
import { packageLockEntry } from './package-lock.js';

const lock = readFileSync(join(checkoutRoot(), 'package-lock.json'), 'utf8');
const needed = { dependencies: { '@nestjs/microservices': '1.0.0' }, devDependencies: { zod: '2.0.0' } };
const blueprintOf = (folder: string, dependencies: object) =>
  ({ app: { folder, dependencies } }) as unknown as Blueprint;
const text = (manifest: object) => `${JSON.stringify(manifest, null, 2)}\n`;

describe('the dependencies of a processor', () => {
  const blueprint = blueprintOf('apps/signup', needed);
  const [inPackage, inLock] = appPackageEntries(blueprint);

  it('are added to the package.json of an app in order', () => {
    const manifest = { name: 'desk', dependencies: { '@nestjs/common': '3.0.0', pg: '4.0.0' }, engines: {} };
    expect(inPackage!.path).toBe('apps/signup/package.json');
    expect(inPackage!.add(text(manifest), blueprint)).toBe(
      text({
        ...manifest,
        dependencies: { '@nestjs/common': '3.0.0', '@nestjs/microservices': '1.0.0', pg: '4.0.0' },
        devDependencies: { zod: '2.0.0' },
      }),
    );
  });

  it.each([
    [{ name: 'desk' }],
    [{ dependencies: { a: '1.0.0', zebra: '1.0.0' }, devDependencies: { b: '1.0.0' }, engines: {} }],
  ])('are removed without a trace from %j', (manifest) => {
    const added = inPackage!.add(text(manifest), blueprint);
    expect(added).toContain('@nestjs/microservices');
    expect(inPackage!.remove(added, blueprint)).toBe(text(manifest));
    expect(inPackage!.remove(text(manifest), blueprint)).toBe(text(manifest));
  });

  it('are added to the lock file too, and removed without a trace', () => {
    const added = inLock!.add(lock, blueprint);
    expect(linesOf(added)).toEqual(
      expect.arrayContaining(['"@nestjs/microservices": "1.0.0"', '"zod": "2.0.0"']),
    );
    expect(inLock!.remove(added, blueprint)).toBe(lock);
  });

  it('cannot be added to a lock file that does not list the app', () => {
    const [, unknown] = appPackageEntries(blueprintOf('apps/desk', needed));
    expect(() => unknown!.add(lock, blueprint)).toThrow(GeneratorError);
  });

  it('change nothing if there are none', () => {
    expect(appPackageEntries(blueprintOf('apps/signup', {}))).toEqual([]);
  });
});

it('The own app of a processor is a package and a link in the lock file, and is removed without a trace', () => {
  const manifest = {
    name: '@app/desk',
    version: '0.1.0',
    private: true,
    type: 'module',
    dependencies: { pg: '1.0.0' },
  };
  const blueprint = { app: { folder: 'apps/desk' }, packageJson: JSON.stringify(manifest) } as Blueprint;
  const added = packageLockEntry.add(lock, blueprint);
  const { packages } = JSON.parse(added) as { packages: Record<string, object> };
  expect(packages['apps/desk']).toEqual({
    name: '@app/desk',
    version: '0.1.0',
    dependencies: { pg: '1.0.0' },
  });
  expect(packages['node_modules/@app/desk']).toEqual({ resolved: 'apps/desk', link: true });
  expect(Object.keys(packages)).toEqual(Object.keys(packages).toSorted((a, b) => a.localeCompare(b, 'en')));
  expect(packageLockEntry.remove(added, blueprint)).toBe(lock);
});

function linesOf(changed: string): string[] {
  const before = new Set(lock.split('\n'));
  const lines = changed.split('\n').filter((line) => !before.has(line));
  return lines.map((line) => line.trim().replace(/,$/, ''));
}
