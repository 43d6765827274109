import { expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutRoot } from './checkout.js';

interface Locked {
  readonly version: string;
  readonly link?: boolean;
  readonly resolved?: string;
}

type Versions = Readonly<Record<string, string>>;

interface Manifest {
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly peerDependencies?: Versions;
}

const root = checkoutRoot();
const read = <Content>(path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Content;
const { packages } = read<{ packages: Record<string, Locked> }>('package-lock.json');

/** Folders of the libraries by package name, including the contracts. */
const libraries = Object.fromEntries(
  Object.entries(packages)
    .filter(([, { resolved }]) => resolved?.startsWith('libs/'))
    .map(([path, { resolved }]) => [path.replace('node_modules/', ''), resolved!]),
);
const folders = ['.', ...Object.keys(packages).filter((path) => /^(apps|libs)\/[^/]+$/.test(path))];

it.each(folders)('%s/package.json names the installed version of each package', (folder) => {
  const { dependencies, devDependencies, peerDependencies = {} } = read<Manifest>(`${folder}/package.json`);
  const { '@cascade/schematics': _, ...exact } = { ...dependencies, ...devDependencies };
  expect(exact).toEqual(versionsOf(exact));
  const ranges = Object.entries(versionsOf(peerDependencies)).map(([name, version]) => [name, `^${version}`]);
  expect(peerDependencies).toEqual(Object.fromEntries(ranges));
});

it('Under the condition of this repository, libraries resolve to the sources that tsconfig.json names', () => {
  const found = inNode('import.meta.resolve(name)', '--conditions=cascade:source');
  expect(found).toEqual(
    Object.values(libraries).map((folder) => expect.stringMatching(new RegExp(`/${folder}/src/index\\.ts$`))),
  );
});

it('Without this condition, libraries do not resolve, because `nest build` would keep the import of a resolved library and not compile it', () => {
  expect(inNode('resolved(name)')).toEqual(Object.values(libraries).map(() => 'not found'));
});

function versionsOf(declared: Versions): Versions {
  return Object.fromEntries(
    Object.keys(declared).map((name) => {
      const { link, resolved, version } = packages[`node_modules/${name}`]!;
      return [name, link ? packages[resolved!]!.version : version];
    }),
  );
}

/** Evaluates an expression for each library in Node, because Jest resolves modules differently. */
function inNode(expression: string, ...flags: string[]): unknown {
  const script = `
    import { createRequire } from 'node:module';
    const require = createRequire(process.cwd() + '/');
    const resolved = (name) => { try { return require.resolve(name) } catch { return 'not found' } };
    console.log(JSON.stringify(${JSON.stringify(Object.keys(libraries))}.map((name) => ${expression})));`;
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    cwd: root,
  });
  return JSON.parse(output.toString()) as unknown;
}
