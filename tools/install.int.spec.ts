import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const INSTALL = pathToFileURL(join(import.meta.dirname, 'install.mjs')).href;

let root: string;

/** Of package.json or package-lock.json. */
type Content = Record<string, unknown> & { packages: Record<string, object> };

/** In a process of its own, as `npm start` does it; a package in the project's folder needs no network. Resolves to what it said. */
async function install(): Promise<string> {
  const script = `const { installDependencies } = await import('${INSTALL}'); await installDependencies('${root}');`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return stderr;
}

async function writeProject(version: string): Promise<void> {
  await mkdir(join(root, 'greeting'), { recursive: true });
  const files = {
    'package.json': { name: 'project', version: '1.0.0', dependencies: { greeting: 'file:greeting' } },
    'greeting/package.json': { name: 'greeting', version },
    'package-lock.json': {
      name: 'project',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'project', version: '1.0.0', dependencies: { greeting: 'file:greeting' } },
        greeting: { version },
        'node_modules/greeting': { resolved: 'greeting', link: true },
      },
    },
  };
  for (const [file, content] of Object.entries(files))
    await writeFile(join(root, file), JSON.stringify(content));
}

/** An app as `node cascade new processor` writes it, and what it needs. */
async function writeApp(needs: string): Promise<void> {
  const app = { name: '@app/desk', version: '1.0.0', dependencies: { [needs]: '1.0.0' } };
  await mkdir(join(root, 'apps/desk'), { recursive: true });
  await writeFile(join(root, 'apps/desk/package.json'), JSON.stringify(app));
  await edit('package.json', (project) => ({ ...project, workspaces: ['apps/*'] }));
  await edit('package-lock.json', ({ packages, ...lock }) => ({
    ...lock,
    packages: {
      ...packages,
      '': { ...packages[''], workspaces: ['apps/*'] },
      'apps/desk': app,
      'node_modules/@app/desk': { resolved: 'apps/desk', link: true },
    },
  }));
}

async function edit(file: string, change: (content: Content) => object): Promise<void> {
  const content = JSON.parse(await readFile(join(root, file), 'utf8')) as Content;
  await writeFile(join(root, file), JSON.stringify(change(content)));
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-install-'));
  await writeProject('1.0.0');
});

afterEach(() => rm(root, { recursive: true }));

describe('Installing dependencies', () => {
  it('says so and how long it took, and is not done twice', async () => {
    expect(await install()).toMatch(/^Installing dependencies \(npm ci\) … \d+\.\d s\n$/);
    expect(await install()).toBe('');
    await readFile(join(root, 'node_modules/greeting/package.json'));
  });

  it('is done again when the lock file names other versions', async () => {
    await install();
    await writeProject('2.0.0');
    expect(await install()).toMatch(/^Installing/);
    expect(await install()).toBe('');
  });

  it('is not done again for an app that has come, or is gone', async () => {
    await install();
    await writeApp('greeting');
    expect(await install()).toBe('');

    await rm(join(root, 'node_modules/.package-lock.json'));
    expect(await install()).toMatch(/^Installing/);
    await readFile(join(root, 'node_modules/@app/desk/package.json'));

    await writeProject('1.0.0');
    expect(await install()).toBe('');
  });

  it('is done again for an app that needs a package that is not there', async () => {
    await install();
    await writeApp('other');
    await edit('package-lock.json', ({ packages, ...lock }) => ({
      ...lock,
      packages: {
        ...packages,
        other: { version: '1.0.0' },
        'node_modules/other': { resolved: 'other', link: true },
      },
    }));
    await mkdir(join(root, 'other'));
    await writeFile(join(root, 'other/package.json'), JSON.stringify({ name: 'other', version: '1.0.0' }));
    expect(await install()).toMatch(/^Installing/);
  });

  it('is done again when it was interrupted', async () => {
    await install();
    await rm(join(root, 'node_modules/.package-lock.json'));
    expect(await install()).toMatch(/^Installing/);
  });

  it('is done once by several that start together', async () => {
    const outputs = await Promise.all([install(), install(), install()]);
    expect(outputs.filter((output) => output.includes('Installing'))).toHaveLength(1);
  });

  it('takes over from a process that died while it installed', async () => {
    await mkdir(join(root, '.cache'));
    const { pid } = promisify(execFile)(process.execPath, ['--version']).child;
    await writeFile(join(root, '.cache/install.lock'), String(pid));
    expect(await install()).toMatch(/Installing/);
  });

  it('that fails shows what npm says and what to do', async () => {
    await writeFile(
      join(root, 'package.json'),
      JSON.stringify({ name: 'project', dependencies: { other: '1.0.0' } }),
    );
    await expect(install()).rejects.toThrow(/Missing: other@1\.0\.0.*npm ci failed \(1\).*try again/s);
  });
});
