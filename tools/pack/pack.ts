import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Checkout } from '../checkout.js';

/** Folder of the tarballs and the built packages, relative to the checkout. */
export const PACKAGES = 'dist/packages';

interface Library {
  readonly name: string;
  /** Names of the libraries that this library depends on, without the scope. */
  readonly uses: readonly string[];
}

interface Manifest {
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const SCOPE = '@cascade/';
const NOT_PACKED = /\.(spec|fixture)\.ts$/;

/** Runs `npm run pack`, which builds the public libraries and creates a tarball of each library. */
export async function main({ root }: Checkout): Promise<number> {
  const folder = join(root, PACKAGES);
  await rm(folder, { recursive: true, force: true });
  const libraries = await findLibraries(root);
  await Promise.all(libraries.map((library) => copy(root, library)));
  const copies = libraries.map(({ name }) => join(folder, name));
  await run(root, process.execPath, 'node_modules/typescript/bin/tsc', '--build', ...copies);
  await run(root, 'npm', 'pack', '--silent', `--pack-destination=${folder}`, ...copies);
  const tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  for (const tarball of tarballs) process.stdout.write(`${PACKAGES}/${tarball}\n`);
  return 0;
}

async function findLibraries(root: string): Promise<Library[]> {
  const names = await readdir(join(root, 'libs'));
  const found = names.map(async (name) => {
    const manifest = await readFile(join(root, 'libs', name, 'package.json'), 'utf8');
    const { private: isPrivate, dependencies = {} } = JSON.parse(manifest) as Manifest;
    const uses = Object.keys(dependencies).filter((dependency) => dependency.startsWith(SCOPE));
    return isPrivate ? [] : [{ name, uses: uses.map((dependency) => dependency.slice(SCOPE.length)) }];
  });
  return (await Promise.all(found)).flat();
}

/**
 * Copies a library to a separate folder, in which it is built. After a build in a library's own folder, `nest build` would leave
 * the library out of the app (see docs/adr/0013).
 */
async function copy(root: string, { name, uses }: Library): Promise<void> {
  const [from, to] = [join(root, 'libs', name), join(root, PACKAGES, name)];
  await mkdir(to, { recursive: true });
  await cp(join(from, 'src'), join(to, 'src'), { recursive: true, filter: (file) => !NOT_PACKED.test(file) });
  for (const file of ['package.json', 'README.md']) await cp(join(from, file), join(to, file));
  await cp(join(root, 'LICENSE'), join(to, 'LICENSE'));
  await writeFile(join(to, 'tsconfig.json'), JSON.stringify(buildOf(uses)));
}

/** Returns the configuration of a TypeScript project that sees other libraries only in built form. */
function buildOf(uses: readonly string[]): object {
  return {
    extends: '../../../tsconfig.json',
    compilerOptions: {
      composite: true,
      declarationMap: true,
      noEmit: false,
      // `npm run typecheck` checks the types. With type checks here, each library would check its dependencies again.
      noCheck: true,
      rootDir: 'src',
      outDir: 'dist',
      paths: { [`${SCOPE}*`]: ['../*/src/index.ts'] },
    },
    include: ['src'],
    exclude: [],
    references: uses.map((name) => ({ path: `../${name}` })),
  };
}

async function run(root: string, command: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)(command, args, { cwd: root });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${[command, ...args].join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, {
      cause: error,
    });
  }
}
