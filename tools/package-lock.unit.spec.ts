import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from './checkout.js';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly engines?: { readonly node?: string };
}

const read = (path: string) => readFileSync(join(checkoutRoot(), path), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
);

it('Every fetched package has an integrity, including those of other platforms', () => {
  expect(fetched.filter(([, { integrity }]) => !integrity).map(([path]) => path)).toEqual([]);
});

it('No package names its registry', () => {
  expect(fetched.filter(([, { resolved }]) => resolved).map(([path]) => path)).toEqual([]);
});

it('docs/upstream.md names exactly the packages that need a newer Node than Cascade does', () => {
  const section = /\n## npm: .+?(?=\n## |$)/s.exec(read('docs/upstream.md'))![0];
  const named = [...section.matchAll(/^\| `([^`\s]+@[\d.]+)`/gm)].map(([, name]) => name);
  const asking = fetched
    .filter(([, { engines }]) => engines?.node && !takesOurs(engines.node))
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`);
  expect(named.toSorted()).toEqual([...new Set(asking)].sort());
});

it.each([
  ['>=18', true],
  ['>= 22.x', false],
  ['20 || >=22', true],
  ['^20.9.0 || >=22', true],
  ['^22.22.3 || ^24.15.0', false],
  ['>=20.20', false],
  ['>=12 <21', true],
  ['>=0.10.3 < 0.12', false],
  ['*', true],
])('The test above reads that the range %s includes our oldest Node: %s', (range, expected) => {
  expect(takesOurs(range)).toBe(expected);
});

/** True if a range of versions includes Node 20.19; false for a range of unknown form. */
function takesOurs(range: string): boolean {
  const ours = 2019;
  return range.split('||').some((alternative) => {
    const bounds = alternative
      .trim()
      .replace(/([<>=^~])\s+/g, '$1')
      .split(/\s+/);
    return bounds.every((bound) => {
      const [, operator, major, minor] = /^([<>]=?|[=^~]|)v?(\d+)(?:\.(\d+|[x*]))?/.exec(bound) ?? [];
      if (major === undefined) return bound === '*' || bound === '';
      const version = Number(major) * 100 + (Number(minor) || 0);
      if (operator!.startsWith('>')) return ours >= version;
      if (operator!.startsWith('<')) return ours < version;
      return Number(major) === 20 && ours >= version;
    });
  });
}
