import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { join } from 'node:path';
import { CheckoutCopy } from './checkout-copy.js';
import { WorkingFolder, type NpmCommand } from './npm-command.js';
import { root } from './system.js';

const SERVICES = ['signup', 'notifier', 'metadata-writer'] as const;
type Service = (typeof SERVICES)[number];

let checkout: CheckoutCopy;
let folder: WorkingFolder;
let dev: NpmCommand;

beforeAll(async () => {
  checkout = await CheckoutCopy.create();
  folder = await WorkingFolder.create(checkout.path);
  dev = folder.run(['run', 'dev'], { CASCADE_CACHE: join(root, '.cache') });
  await dev.shows(/^Starting/m);
  const change = (code: string) => `${code}\nconsole.log('an early change');\n`;
  await checkout.edit('apps/metadata-writer/src/main.ts', change);
  await dev.shows(/Watching/, 60_000);
}, 60_000);

afterAll(async () => {
  dev.pressCtrlC();
  await dev.ended;
  await folder.remove();
  await checkout.remove();
}, 20_000);

async function pids(): Promise<Record<Service, number>> {
  const { parts } = (await folder.running())!;
  return Object.fromEntries(SERVICES.map((name) => [name, parts[name]!.pid])) as Record<Service, number>;
}

/** Waits until exactly these services have been restarted. */
async function untilRestarted(before: Record<Service, number>, restarted: readonly Service[]): Promise<void> {
  await eventually(
    async () => {
      const after = await pids();
      expect(SERVICES.filter((name) => after[name] !== before[name])).toEqual(restarted);
    },
    { timeout: 20_000 },
  );
}

describe('npm run dev', () => {
  it('notices a change during its start', async () => {
    await dev.shows(/^\[metadata-writer\] +restarts for apps\/metadata-writer\/src\/main\.ts$/m);
    await dev.shows(/^\[metadata-writer\] +an early change$/m);
    // The recorded process has ended. Waits until the new process is recorded.
    await eventually(async () => process.kill((await pids())['metadata-writer'], 0));
  }, 30_000);

  it('restarts the app that was changed', async () => {
    const before = await pids();
    await checkout.edit('apps/notifier/src/main.ts', (code) => `${code}\nconsole.log('a new notifier');\n`);
    await dev.shows(/^\[notifier\] +restarts for apps\/notifier\/src\/main\.ts$/m);
    await dev.shows(/^\[notifier\] +a new notifier$/m);
    await untilRestarted(before, ['notifier']);
  }, 30_000);

  it('restarts the apps that import a changed library', async () => {
    const library = 'libs/shared/src/index.ts';
    await checkout.write(library, `export const shared = 1;`);
    const before = await pids();
    for (const name of ['signup', 'metadata-writer']) {
      await checkout.edit(
        `apps/${name}/src/main.ts`,
        (code) => `import '../../../${library.replace('.ts', '.js')}';\n${code}`,
      );
    }
    await untilRestarted(before, ['signup', 'metadata-writer']);

    const between = await pids();
    await checkout.edit(library, () => `export const shared = 2;`);
    await untilRestarted(between, ['signup', 'metadata-writer']);
  }, 30_000);

  it('shows a syntax error, and keeps the old process until the error is corrected', async () => {
    const before = await pids();
    const { url } = (await folder.running())!.parts['signup']!;
    await checkout.edit('apps/signup/src/main.ts', (code) => `${code}const = ;`);
    await dev.shows(/apps\/signup\/src\/main\.ts does not compile:.*const = ;/s);
    expect(await pids()).toEqual(before);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    await checkout.edit('apps/signup/src/main.ts', (code) => code.replace('const = ;', ''));
    await untilRestarted(before, ['signup']);
  }, 30_000);

  it('restarts a broken app at the next change', async () => {
    const before = await pids();
    await checkout.edit('apps/notifier/src/main.ts', (code) => `throw new Error('broken by hand');\n${code}`);
    await dev.shows(/^notifier failed: exited with code 1$/m);
    await checkout.edit('apps/notifier/src/main.ts', (code) => code.replace(/^throw.*\n/, ''));
    await untilRestarted(before, ['notifier']);
  }, 30_000);
});
