import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { GeneratorError } from './errors.js';
import { textOf } from './file-change.js';

/** What the templates of a processor, of an app with one, and of specs import. */
const OF_PROCESSOR = ['@app/contracts', '@cascade/jetstream', '@nestjs/common', '@nestjs/microservices'];
const OF_APP = [
  '@app/contracts',
  '@cascade/jetstream',
  '@cascade/service',
  '@nestjs/common',
  '@nestjs/microservices',
];
const OF_SPECS = ['@cascade/embedded-broker', '@cascade/testing', '@jest/globals'];

type Versions = Readonly<Record<string, string>>;

/** As package.json declares them, and package-lock.json repeats. */
export interface Dependencies {
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
}

interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; link?: boolean; resolved?: string }>>;
}

/** All of an app that comes with its processor, in the versions that are installed. */
export async function dependenciesOfApp(root: string): Promise<Dependencies> {
  return inVersions(root, OF_APP, OF_SPECS);
}

/**
 * What the package.json of an app must declare for a new processor, and does not yet.
 *
 * @param folder Of the app, relative to the checkout.
 */
export async function missingDependencies(root: string, folder: string): Promise<Dependencies> {
  const { dependencies, devDependencies } = await manifestOf(root, folder);
  const isMissing = (name: string) => !dependencies?.[name];
  return inVersions(
    root,
    OF_PROCESSOR.filter(isMissing),
    OF_SPECS.filter((name) => isMissing(name) && !devDependencies?.[name]),
  );
}

/**
 * What came into the package.json of an app with a processor: nothing else in the app imports it.
 *
 * @param folder Of the app, relative to the checkout.
 * @param own Folder of the processor, likewise.
 */
export async function dependenciesOfProcessor(
  root: string,
  folder: string,
  own: string,
): Promise<Dependencies> {
  const { dependencies, devDependencies } = await manifestOf(root, folder);
  const imported = await packagesImported(root, folder, own);
  return inVersions(
    root,
    OF_PROCESSOR.filter((name) => dependencies?.[name] && !imported.has(name)),
    OF_SPECS.filter((name) => devDependencies?.[name] && !imported.has(name)),
  );
}

async function manifestOf(root: string, folder: string): Promise<Dependencies> {
  const manifest = await textOf(root, `${folder}/package.json`);
  if (manifest !== undefined) return JSON.parse(manifest) as Dependencies;
  throw new GeneratorError(`${folder}/package.json is missing, which declares what the app imports.`, [
    'Write one like that of another app, and run `npm install`.',
  ]);
}

async function inVersions(
  root: string,
  dependencies: readonly string[],
  devDependencies: readonly string[],
): Promise<Dependencies> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const versionOf = (name: string) => {
    const { link, resolved, version } = packages[`node_modules/${name}`] ?? {};
    const installed = link ? packages[resolved!]?.version : version;
    if (installed) return installed;
    throw new GeneratorError(`package-lock.json has no ${name}, which generated code imports.`, [
      'Add it to the root: `npm install --save-dev`, with its name.',
    ]);
  };
  const versions = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, versionOf(name)]));
  return {
    ...(dependencies.length > 0 && { dependencies: versions(dependencies) }),
    ...(devDependencies.length > 0 && { devDependencies: versions(devDependencies) }),
  };
}

async function packagesImported(root: string, folder: string, except: string): Promise<Set<string>> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(root, except, '/')));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return new Set(
    texts.flatMap((text) => ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)),
  );
}
