import { expect, it } from '@jest/globals';
import { affectedSpecs } from './affected-specs.js';
import type { LockedPackages } from './changes.js';

const SYSTEM = 'test/flow.e2e.spec.ts';
const WIRE = 'test/wire.int.spec.ts';
const NOTIFIER = 'apps/notifier/src/notifier.int.spec.ts';
const SIGNUP = 'apps/signup/src/signup.int.spec.ts';
const STORE = 'libs/store/src/store.int.spec.ts';
const OUTBOX = 'libs/outbox/src/outbox.int.spec.ts';
const KIT = 'libs/testing/src/kit.unit.spec.ts';
const COMMAND = 'tools/cascade/cascade.unit.spec.ts';
const specs = [SYSTEM, WIRE, NOTIFIER, SIGNUP, STORE, OUTBOX, KIT, COMMAND];

const needs = (...names: string[]) => Object.fromEntries(names.map((name) => [name, '0.1.0']));
const packages: LockedPackages = {
  '': { name: 'cascade', devDependencies: needs('@cascade/store', '@cascade/testing') },
  'apps/notifier': { name: '@app/notifier', dependencies: needs('@cascade/outbox') },
  'apps/signup': { name: '@app/signup' },
  'libs/outbox': { name: '@cascade/outbox', dependencies: needs('@cascade/store') },
  'libs/store': { name: '@cascade/store', devDependencies: needs('@cascade/testing') },
  'libs/testing': { name: '@cascade/testing' },
  'node_modules/@cascade/store': { link: true },
  'node_modules/other': { dependencies: needs('@cascade/store') },
};

function affected(
  files: string[],
  found: { importers?: string[]; readers?: string[]; others?: boolean } = {},
) {
  const { importers = [], readers = [], others = false } = found;
  const changes = { since: 'main', files, hasOtherPackages: others };
  return affectedSpecs(changes, { packages, specs, importers, readers });
}

it('A change of an app runs the specs of the app and of the whole system, but no specs of libraries', () => {
  expect(affected(['apps/notifier/src/mail.ts'])).toEqual([SYSTEM, NOTIFIER]);
});

it('A change of a library runs the specs of its direct and indirect dependants, and of the root', () => {
  expect(affected(['libs/store/src/store.ts'])).toEqual([SYSTEM, WIRE, NOTIFIER, STORE, OUTBOX, COMMAND]);
});

it('A change of a development dependency does not reach the dependants of the declaring workspace', () => {
  expect(affected(['libs/testing/src/kit.ts'])).toEqual([SYSTEM, WIRE, STORE, KIT, COMMAND]);
});

it('A template or a fixture counts as code of its workspace, and so does a removed app', () => {
  expect(affected(['apps/signup/migrations/0001.sql'])).toEqual([SYSTEM, SIGNUP]);
  expect(affected(['apps/orders/src/main.ts'])).toEqual([SYSTEM]);
});

it('Specs that import or read a changed file run wherever they are', () => {
  expect(affected(['apps/notifier/src/mail.ts'], { importers: [COMMAND] })).toEqual([
    SYSTEM,
    NOTIFIER,
    COMMAND,
  ]);
  expect(affected(['docs/wire.md'], { readers: [WIRE] })).toEqual([WIRE]);
});

it('A change of only a page runs no spec', () => {
  expect(affected(['README.md', 'libs/store/README.md'])).toEqual([]);
});

it('A change of third-party packages or of the settings of Jest runs all specs', () => {
  expect(affected(['package-lock.json'], { others: true })).toEqual(specs);
  expect(affected(['jest.config.mjs'])).toEqual(specs);
  expect(affected(['package-lock.json', 'nest-cli.json'])).toEqual([]);
});
