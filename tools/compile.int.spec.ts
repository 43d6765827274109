import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Compilation } from './checkout.js';

const project = resolve(import.meta.dirname, '..');
const { compile } = (await import(pathToFileURL(join(project, 'tools/compile.mjs')).href)) as {
  compile: (root: string) => Promise<Compilation>;
};

let root: string;

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true });
  await writeFile(join(root, file), content);
}

async function run(file: string): Promise<{ stdout: string; stderr: string }> {
  const output = join(root, 'dist/dev', file.replace(/ts$/, 'js'));
  return promisify(execFile)(process.execPath, ['--enable-source-maps', output]);
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cascade-compile-'));
  await symlink(join(project, 'node_modules'), join(root, 'node_modules'));
  await write('package.json', '{ "type": "module" }');
  await write(
    '.swcrc',
    '{ "jsc": { "target": "es2023", "parser": { "syntax": "typescript", "decorators": true } } }',
  );
  const paths = { '@app/greeting': ['./libs/greeting/src/index.ts'] };
  await write('tsconfig.json', JSON.stringify({ compilerOptions: { paths } }));
  await write('libs/greeting/src/index.ts', `export const greeting: string = 'hello';`);
  await write('apps/hello/src/main.ts', `import { greeting } from '@app/greeting';\nconsole.log(greeting);`);
  await write('apps/hello/src/main.unit.spec.ts', `throw new Error('not part of the program');`);
});

afterEach(() => rm(root, { recursive: true }));

describe('Compiling', () => {
  it('produces programs that find their libraries, and leaves out specs', async () => {
    const { compiled, failures } = await compile(root);
    expect(failures).toEqual([]);
    expect([...compiled].sort()).toEqual(['apps/hello/src/main.ts', 'libs/greeting/src/index.ts']);
    expect((await run('apps/hello/src/main.ts')).stdout).toBe('hello\n');
  });

  it('compiles only changed files, even if a change made a file older', async () => {
    await compile(root);
    expect((await compile(root)).compiled).toEqual([]);

    await write('libs/greeting/src/index.ts', `export const greeting = 'good morning';`);
    await utimes(join(root, 'libs/greeting/src/index.ts'), 1, 1);
    expect((await compile(root)).compiled).toEqual(['libs/greeting/src/index.ts']);
    expect((await run('apps/hello/src/main.ts')).stdout).toBe('good morning\n');
  });

  it('compiles everything if the options have changed', async () => {
    await compile(root);
    await write('tsconfig.json', '{ "compilerOptions": { "paths": {} } }');
    expect((await compile(root)).compiled).toHaveLength(2);
  });

  it('removes the output of a removed source', async () => {
    await compile(root);
    await rm(join(root, 'apps/hello/src/main.ts'));
    expect((await compile(root)).removed).toEqual(['apps/hello/src/main.ts']);
    expect(await readdir(join(root, 'dist/dev/apps/hello/src'))).toEqual([]);
  });

  it('names the source and its line in stack traces', async () => {
    await write('apps/hello/src/main.ts', `interface Unused {}\n\n\nthrow new Error('here');`);
    await compile(root);
    await expect(run('apps/hello/src/main.ts')).rejects.toThrow(/apps\/hello\/src\/main\.ts:4/);
  });

  it('shows a syntax error, and keeps the old output until the error is corrected', async () => {
    await compile(root);
    await write('apps/hello/src/main.ts', `const = ;`);
    const { failures } = await compile(root);
    expect(failures.map(({ file }) => file)).toEqual(['apps/hello/src/main.ts']);
    expect(failures[0]!.message).toContain('const = ;');
    expect((await run('apps/hello/src/main.ts')).stdout).toBe('hello\n');

    await write('apps/hello/src/main.ts', `console.log('corrected');`);
    expect((await compile(root)).failures).toEqual([]);
    expect((await run('apps/hello/src/main.ts')).stdout).toBe('corrected\n');
  });

  it('works in several processes at the same time', async () => {
    const results = await Promise.all([compile(root), compile(root), compile(root)]);
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    expect((await run('apps/hello/src/main.ts')).stdout).toBe('hello\n');
  });
});
