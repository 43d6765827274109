import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const INSTALL = pathToFileURL(join(import.meta.dirname, 'install.mjs')).href;

let root: string;

/** Content of package.json or package-lock.json. */
type Content = Record<string, unknown> & { packages: Record<string, object> };

/**
 * Installs the dependencies in another process. Needs no network, because the only package is in the project's folder. Resolves
 * to the content of stderr.
 */
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

/** Writes an app with a dependency, as `node cascade new processor` does. */
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
  it('is reported with its duration, and happens once', async () => {
    expect(await install()).toMatch(/^Installing dependencies \(npm ci\) … \d+\.\d s\n$/);
    expect(await install()).toBe('');
    await readFile(join(root, 'node_modules/greeting/package.json'));
  });

  it('happens again if the lock file names other versions', async () => {
    await install();
    await writeProject('2.0.0');
    expect(await install()).toMatch(/^Installing/);
    expect(await install()).toBe('');
  });

  it('does not happen again for an added or removed app', async () => {
    await install();
    await writeApp('greeting');
    expect(await install()).toBe('');

    await rm(join(root, 'node_modules/.package-lock.json'));
    expect(await install()).toMatch(/^Installing/);
    await readFile(join(root, 'node_modules/@app/desk/package.json'));

    await writeProject('1.0.0');
    expect(await install()).toBe('');
  });

  it('happens again for an app that needs a missing package', async () => {
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

  it('happens again after an interruption', async () => {
    await install();
    await rm(join(root, 'node_modules/.package-lock.json'));
    expect(await install()).toMatch(/^Installing/);
  });

  it('happens once for several processes that start together', async () => {
    const outputs = await Promise.all([install(), install(), install()]);
    expect(outputs.filter((output) => output.includes('Installing'))).toHaveLength(1);
  });

  it('takes over the lock of a process that died while it installed', async () => {
    await mkdir(join(root, '.cache'));
    const { pid } = promisify(execFile)(process.execPath, ['--version']).child;
    await writeFile(join(root, '.cache/install.lock'), String(pid));
    expect(await install()).toMatch(/Installing/);
  });

  it('leaves the folder alone to which node_modules links, and says what to do', async () => {
    await install();
    const original = join(root, 'original');
    await rename(join(root, 'node_modules'), original);
    await symlink(original, join(root, 'node_modules'));
    expect(await install()).toBe('');

    await writeProject('2.0.0');
    await expect(install()).rejects.toThrow(/is a symbolic link to .*original.*Remove the link/s);
    await readFile(join(original, '.package-lock.json'));

    await rm(join(root, 'node_modules'));
    expect(await install()).toMatch(/^Installing/);
  });

  it('that fails shows the message of npm and a remedy', async () => {
    await writeFile(
      join(root, 'package.json'),
      JSON.stringify({ name: 'project', dependencies: { other: '1.0.0' } }),
    );
    await expect(install()).rejects.toThrow(/Missing: other@1\.0\.0.*npm ci failed \(1\).*try again/s);
  });
});
