import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TopologyError } from '../errors.js';

/** App in nest-cli.json. Paths are relative to the checkout, with forward slashes. */
export interface ListedApp {
  name: string;
  folder: string;
  sources: string;
}

interface NestCli {
  projects?: Record<string, { type?: string; root?: string; sourceRoot?: string }>;
}

/**
 * Returns the apps of a checkout, sorted by name.
 *
 * @throws TopologyError if nest-cli.json cannot be read
 */
export async function findApps(root: string): Promise<ListedApp[]> {
  const { projects = {} } = await readNestCli(join(root, 'nest-cli.json'));
  return Object.entries(projects)
    .filter(([, { type }]) => type === 'application')
    .map(([name, { root: folder = `apps/${name}`, sourceRoot: sources = `${folder}/src` }]) => ({
      name,
      folder,
      sources,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readNestCli(file: string): Promise<NestCli> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as NestCli;
  } catch (cause) {
    throw new TopologyError(`Cannot read ${file}, which lists the apps: ${(cause as Error).message}`, {
      cause,
    });
  }
}
