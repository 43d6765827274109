import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { GeneratorError } from '../errors.js';
import { filesBelow, textOf } from '../file-change.js';

/** Packages that the template of a processor imports. */
const OF_PROCESSOR = ['@app/contracts', '@cascade/jetstream', '@nestjs/common', '@nestjs/microservices'];
/** Packages that the templates of an app and its processor import. */
const OF_APP = [
  '@app/contracts',
  '@cascade/jetstream',
  '@cascade/service',
  '@nestjs/common',
  '@nestjs/microservices',
];
/** Packages that the templates of the specs import. */
const OF_SPECS = ['@cascade/testing', '@jest/globals'];

type Versions = Readonly<Record<string, string>>;

/** Dependencies, as package.json declares them and package-lock.json repeats them. */
export interface Dependencies {
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
}

interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; link?: boolean; resolved?: string }>>;
}

/** Returns the dependencies of an app that is created with its processor, in the installed versions. */
export async function dependenciesOfApp(root: string): Promise<Dependencies> {
  return inVersions(root, OF_APP, OF_SPECS);
}

/**
 * Returns the dependencies of a new processor that an app does not declare yet.
 *
 * @param folder Folder of the app, relative to the checkout.
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
 * Returns the dependencies that the generator adds for a processor and that no other source of the app imports.
 *
 * @param folder Folder of the app, relative to the checkout.
 * @param own Folder of the processor, relative to the checkout.
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
  throw new GeneratorError(
    `${folder}/package.json is missing. It declares the packages that the app imports.`,
    ['Copy it from another app, adapt it, and run `npm install`.'],
  );
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
    throw new GeneratorError(`package-lock.json does not have ${name}, which generated code imports.`, [
      `Add it to the root: \`npm install --save-dev ${name}\`.`,
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
  const files = (await filesBelow(join(root, folder)))
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.ts') && !file.startsWith(`${except}/`));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  return new Set(
    texts.flatMap((text) => ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)),
  );
}
