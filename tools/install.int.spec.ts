import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const INSTALL = pathToFileURL(join(import.meta.dirname, 'install.mjs')).href;

let root: string;

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
