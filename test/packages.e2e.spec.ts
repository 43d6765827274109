import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ownEnvironment, root } from './system.js';

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Timeout of a spec or hook, in milliseconds. The compiler takes half a minute on a busy machine. */
const LONG = 180_000;

const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'ES2023', module: 'NodeNext', types: ['node'], strict: true, skipLibCheck: true },
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
    ...{ rootDir: 'src', outDir: 'out' },
  },
};

describe('The packed libraries, in an empty folder', () => {
  let folder: string;
  let libraries: Manifest[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cascade-packages-'));
    const tarballs = await run(root, process.execPath, 'tools/bin/pack.mjs');
    libraries = await Promise.all(tarballs.trim().split('\n').map(install));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    // Links only the declared dependencies, from this checkout, so that no network is needed.
    const declared = libraries.flatMap(({ dependencies, peerDependencies }) =>
      Object.keys({ ...dependencies, ...peerDependencies }),
    );
    const others = declared.filter((name) => !name.startsWith('@cascade/'));
    await Promise.all([...new Set([...others, '@types/node'])].map(link));
  }, LONG);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function install(tarball: string): Promise<Manifest> {
    const unpacked = await mkdtemp(join(folder, 'unpacked-'));
    await run(root, 'tar', '-xzf', tarball, '-C', unpacked);
    const manifest = JSON.parse(await readFile(join(unpacked, 'package/package.json'), 'utf8')) as Manifest;
    const place = join(folder, 'node_modules', manifest.name);
    await mkdir(dirname(place), { recursive: true });
    await rename(join(unpacked, 'package'), place);
    return manifest;
  }

  async function link(name: string): Promise<void> {
    const place = join(folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(root, 'node_modules', name), place);
  }

  /** Writes all code blocks of a README as one module. */
  async function writeExample({ name }: Manifest): Promise<void> {
    const text = await readFile(join(folder, 'node_modules', name, 'README.md'), 'utf8');
    const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
    expect({ name, blocks }).not.toEqual({ name, blocks: [] });
    await writeFile(join(folder, 'src', `${name.replace('@cascade/', '')}.ts`), blocks.join('\n'));
  }

  const evaluate = (script: string) => run(folder, process.execPath, '--input-type=module', '--eval', script);

  it('are all of libs/ but the contracts, without their specs', async () => {
    const folders = await readdir(join(root, 'libs'));
    const expected = folders.filter((name) => name !== 'contracts').map((name) => `@cascade/${name}`);
    expect(libraries.map(({ name }) => name).sort()).toEqual(expected.sort());
    const files = await readdir(join(folder, 'node_modules/@cascade'), { recursive: true });
    expect(files.filter((file) => /\.(spec|fixture)\./.test(file))).toEqual([]);
  });

  it('load with what they declare', async () => {
    await evaluate(libraries.map(({ name }) => `await import('${name}');`).join('\n'));
  });

  it(
    'compile the examples of their READMEs, and run the processor of one over a broker',
    async () => {
      await mkdir(join(folder, 'src'));
      await Promise.all(libraries.map(writeExample));
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
      await run(folder, process.execPath, join(root, 'node_modules/typescript/bin/tsc'));
      // The example publishes an event and prints the next event of its processor.
      const printed = await run(folder, process.execPath, 'out/testing.js');
      expect(printed).toBe('receipt.sent for 0199d0a0-7c1e-7abc-8def-0123456789ab\n');
    },
    LONG,
  );

  it('report what an embedded database of a test needs', async () => {
    const started = evaluate(`
      const { createEmbeddedDatabase } = await import('@cascade/testing');
      await (await createEmbeddedDatabase()).remove();`);
    await expect(started).rejects.toThrow(/No nest-cli\.json above/);
  });
});

/** Runs a command, and resolves to its output. Rejects with the output if the command fails. */
async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const env = { ...ownEnvironment(), CASCADE_CACHE: join(root, '.cache') };
  try {
    return (await promisify(execFile)(command, args, { cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
