import { eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { CheckoutCopy } from './checkout-copy.js';
import { NpmCommand } from './npm-command.js';
import { ownEnvironment, root } from './system.js';

/** Timeout of a spec or hook, in milliseconds. Compiling or linting everything takes half a minute on a busy machine. */
const LONG = 240_000;

/** Processors to generate, with unusual names, because the checkout may already contain generated processors. */
const PROCESSORS = {
  'trial-coupon': ['--consumes', 'user.signed-up', '--publishes', 'trial-coupon.issued'],
  'trial-counter': ['--consumes', 'notification.sent', '--app', 'notifier'],
  'trial-watch': ['--failures-of', 'notifier', '--publishes', 'notifier.tried'],
};
const APPS = ['trial-coupon', 'notifier', 'trial-watch'];
const FOLDERS = ['apps/trial-coupon', 'apps/notifier/src/trial-counter', 'apps/trial-watch'];
const COUPON = 'apps/trial-coupon/src/trial-coupon/trial-coupon.processor.ts';

/** File that records a running system. */
const RUNNING = '.data/running.json';

const signedUp = JSON.stringify({
  userId: '0199d0a0-7c1e-7abc-8def-0123456789ab',
  email: 'ada@example.com',
  name: 'Ada',
  locale: 'en',
  signedUpAt: '2026-11-23T04:05:06Z',
});

describe('node cascade new processor, and remove processor', () => {
  let checkout: CheckoutCopy;
  let before: Record<string, string>;
  /** Files that the schematic wrote. */
  let bySchematic: Record<string, string>;

  beforeAll(async () => {
    checkout = await CheckoutCopy.createWhole();
    before = await checkout.content();
  }, LONG);
  afterAll(() => checkout.remove());

  /** Runs a Node script in the copy, as a user does. */
  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, args, {
      cwd: checkout.path,
      env: { ...ownEnvironment(), CASCADE_CACHE: join(root, '.cache'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, output })),
    );
    return { child, ended };
  }
  const cascade = (...args: string[]) => start(['cascade', ...args]).ended;
  const tool = (script: string, ...args: string[]) => start([`node_modules/${script}`, ...args]).ended;
  const done = { code: 0 };

  it(
    'shows what it would write, and writes nothing',
    async () => {
      const { code, output } = await cascade(
        ...['new', 'processor', 'trial-coupon', ...PROCESSORS['trial-coupon'], '--yes', '--dry-run'],
      );
      expect({ code, output }).toMatchObject({
        code: 0,
        output: expect.stringContaining(`create  ${COUPON}`),
      });
      expect(output).toContain('Nothing was written.');
      expect(await checkout.content()).toEqual(before);
    },
    LONG,
  );

  it(
    'is a schematic too, which `nest generate` lists',
    async () => {
      const { output } = await tool('@nestjs/cli/bin/nest.js', 'generate', '--help');
      expect(output).toMatch(/processor .*Create an event processor/);

      const schematics = '@angular-devkit/schematics-cli/bin/schematics.js';
      const options = ['--consumes=user.signed-up', '--publishes=trial-coupon.issued'];
      const generated = await tool(
        schematics,
        ...['@cascade/schematics:processor', '--name=trial-coupon', ...options],
      );
      expect(generated).toMatchObject({ code: 0, output: expect.stringContaining(COUPON) });
      bySchematic = await checkout.content();

      expect(await cascade('remove', 'processor', 'trial-coupon')).toMatchObject(done);
      expect(await checkout.content()).toEqual(before);
    },
    LONG,
  );

  it(
    'writes processors in a new app, in an existing app, and on failures',
    async () => {
      await checkout.write(RUNNING, JSON.stringify({ pid: process.pid, parts: {} }));
      for (const [name, options] of Object.entries(PROCESSORS)) {
        expect(await cascade('new', 'processor', name, ...options)).toEqual({
          ...done,
          output: expect.stringContaining(
            name === 'trial-counter'
              ? 'The system that runs here needs a restart to start it'
              : 'The system that runs here starts it (process',
          ),
        });
        if (name === 'trial-coupon') expect(await checkout.content()).toEqual(bySchematic);
      }
      await checkout.delete(RUNNING);
      const { output } = await cascade('topology');
      expect(output).toMatch(/\ntrial-coupon +trial-coupon +user\.signed-up +trial-coupon\.issued /);
      expect(output).toMatch(/\nnotifier +trial-counter +notification\.sent /);
      expect(output).toMatch(
        /\ntrial-watch +trial-watch +failures of notifier on user\.signed-up +notifier\.tried /,
      );
    },
    LONG,
  );

  it(
    'writes formatted code that passes lint and types, and builds',
    async () => {
      const present = await checkout.content();
      const written = Object.keys(present).filter((path) => present[path] !== before[path]);
      const checks = await Promise.all([
        tool('prettier/bin/prettier.cjs', '--check', '--ignore-unknown', ...written),
        tool('eslint/bin/eslint.js', ...written.filter((path) => path.endsWith('.ts'))),
        tool('typescript/bin/tsc', '-p', 'tsconfig.json'),
        tool('@nestjs/cli/bin/nest.js', 'build', ...APPS),
      ]);
      for (const check of checks) expect(check).toMatchObject(done);
    },
    LONG,
  );

  it(
    'writes the same lock file as npm, so that npm installs without a network',
    async () => {
      const present = await checkout.content();
      // Runs npm in a new folder without node_modules, because npm would change node_modules.
      const manifests = await CheckoutCopy.empty();
      const paths = Object.keys(present).filter((path) =>
        /(^|\/)package(-lock)?\.json$|^\.npmrc$/.test(path),
      );
      await Promise.all(paths.map((path) => manifests.write(path, present[path]!)));
      try {
        const npm = (...args: string[]) =>
          new NpmCommand(manifests.path, [...args, '--offline', '--omit-lockfile-registry-resolved'], {});
        expect(await npm('ci', '--dry-run').ended).toBe(0);
        expect(await npm('install', '--package-lock-only').ended).toBe(0);
        const { 'package-lock.json': lock } = await manifests.content();
        expect(appsIn(lock!)).toEqual(appsIn(present['package-lock.json']!));
      } finally {
        await manifests.remove();
      }
    },
    LONG,
  );

  it(
    'writes tests that pass, and the tests of the topology still pass',
    async () => {
      const { code, output } = await start([
        ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
        ...['node_modules/jest/bin/jest.js', ...FOLDERS, 'test/topology.unit.spec.ts'],
      ]).ended;
      // Compares the output too, so that Jest shows the output if the command failed.
      expect({ code, failed: code === 0 ? '' : output }).toEqual({ code: 0, failed: '' });
      expect(output).toMatch(/Test Suites: 7 passed, 7 total/);
    },
    LONG,
  );

  it(
    'writes a processor that answers an event over a real broker',
    async () => {
      const broker = await startTestBroker();
      const env = { NATS_URL: broker.url, PORT: '0' };
      const main = 'dist/apps/trial-coupon/apps/trial-coupon/src/main.js';
      const service = start(['--enable-source-maps', main], env);
      try {
        const correlationId = '0199d0a0-7c1e-7abc-8def-0123456789ac';
        const publish = ['cascade', 'publish', 'user.signed-up', signedUp, '--correlation-id', correlationId];
        // Waits until the service has created the streams.
        await eventually(
          async () => expect(await start([...publish, '--id', correlationId], env).ended).toMatchObject(done),
          { timeout: 60_000 },
        );
        await eventually(
          async () => {
            const { output } = await start(['cascade', 'flow', correlationId], env).ended;
            expect(output).toMatch(/\nuser\.signed-up +cascade .*\n└─ trial-coupon\.issued +trial-coupon /);
          },
          { timeout: 60_000 },
        );
      } finally {
        service.child.kill('SIGTERM');
        await service.ended;
        await broker.stop();
      }
    },
    LONG,
  );

  it(
    'overwrites nothing',
    async () => {
      const present = await checkout.content();
      const { code, output } = await cascade(
        'new',
        'processor',
        'trial-coupon',
        '--consumes',
        'user.signed-up',
      );
      expect({ code, output }).toEqual({
        code: 2,
        output: expect.stringContaining('There is a processor "trial-coupon" already'),
      });
      expect(await checkout.content()).toEqual(present);
    },
    LONG,
  );

  it(
    'removes no file that was changed, and lists such files',
    async () => {
      await checkout.edit(COUPON, (code) => code.replace('// An event', '// Any event'));
      await checkout.write('apps/trial-coupon/src/notes.txt', 'mine');
      const page = (await checkout.content())['docs/processors.md']!;
      await checkout.edit('docs/processors.md', (text) => text.replace(/^\| `trial-coupon` .*\n/m, ''));
      const present = await checkout.content();

      const { code, output } = await cascade('remove', 'processor', 'trial-coupon', '--yes');

      expect(code).toBe(1);
      expect(output).toContain(
        `\n  changed   ${COUPON}\n  added     apps/trial-coupon/src/notes.txt\n  no entry  docs/processors.md\n`,
      );
      expect(await checkout.content()).toEqual(present);
      await checkout.edit(COUPON, (code) => code.replace('// Any event', '// An event'));
      await checkout.delete('apps/trial-coupon/src/notes.txt');
      await checkout.write('docs/processors.md', page);
    },
    LONG,
  );

  it(
    'removes all that it wrote, and nothing else',
    async () => {
      for (const name of Object.keys(PROCESSORS)) {
        const { code, output } = await cascade('remove', 'processor', name, '--yes');
        expect({ code, output }).toEqual({
          code: 0,
          output: expect.stringContaining('is removed from the code'),
        });
      }
      expect(await checkout.content()).toEqual(before);
    },
    LONG,
  );
});

/** Returns the entries of apps in a lock file. Different releases of npm write different entries for other packages. */
function appsIn(lock: string): [string, unknown][] {
  const { packages } = JSON.parse(lock) as { packages: Record<string, unknown> };
  return Object.entries(packages).filter(([path]) => /^(apps|node_modules\/@app)\//.test(path));
}
