import type { Changes, LockedPackages } from './changes.js';

/** Folders of the root's own code, which depends on the packages in the root's package.json. */
const ROOT_FOLDERS = ['tools/', 'test/', 'bench/'];

/** Files that affect all specs. */
const SETTINGS = ['jest.config.mjs', '.swcrc', 'tsconfig.json'];

const SYSTEM_SPEC = /^test\/.*\.e2e\.spec\.ts$/;

export interface Repository {
  readonly packages: LockedPackages;
  /** Paths of all specs, relative to the checkout. */
  readonly specs: readonly string[];
  /** Specs that import a changed file, directly or indirectly. */
  readonly importers: readonly string[];
  /** Specs whose text names a changed file that is not code. */
  readonly readers: readonly string[];
}

/**
 * Chooses the specs that a change may affect:
 * - the specs of the changed workspaces, and of all workspaces that depend on them
 * - the specs that import or read a changed file
 * - the specs of the whole system, if any workspace was changed
 *
 * A change affects all specs of its workspace, because a spec may start programs that it does not import. A change of third-party
 * packages, or of the settings of Jest or the compiler, affects all specs.
 */
export function affectedSpecs(changes: Changes, repository: Repository): string[] {
  const { packages, specs, importers, readers } = repository;
  if (changes.hasOtherPackages || changes.files.some((file) => SETTINGS.includes(file))) return [...specs];
  const owners = changes.files.map((file) => ownerOf(file)).filter((owner) => owner !== undefined);
  const affected = withDependants(owners, packages);
  const named = new Set([...importers, ...readers]);
  return specs.filter(
    (spec) =>
      named.has(spec) || affected.has(ownerOf(spec)!) || (owners.length > 0 && SYSTEM_SPEC.test(spec)),
  );
}

/**
 * Returns the folder of a file's workspace, or '' for the root's code; undefined for pages and for files outside the workspaces.
 */
function ownerOf(file: string): string | undefined {
  if (file.endsWith('.md')) return undefined;
  if (ROOT_FOLDERS.some((folder) => file.startsWith(folder))) return '';
  return /^(?:apps|libs)\/[^/]+(?=\/)/.exec(file)?.[0];
}

/**
 * Adds the workspaces that depend on the changed workspaces. A change spreads through `dependencies` from workspace to workspace.
 * Through `devDependencies`, the change reaches only the declaring workspace.
 */
function withDependants(changed: readonly string[], packages: LockedPackages): ReadonlySet<string> {
  const workspaces = Object.entries(packages).filter(([path]) => !path.startsWith('node_modules/'));
  const needing = (names: readonly string[], kind: 'dependencies' | 'devDependencies') =>
    workspaces.filter(([, { [kind]: needed = {} }]) => names.some((name) => name in needed));
  const namesOf = (folders: Iterable<string>) =>
    [...folders].map((folder) => packages[folder]?.name).filter((name) => name !== undefined);

  const found = new Set(changed);
  // The loop also visits the items that are added to the Set during the loop.
  for (const folder of found) {
    for (const [other] of needing(namesOf([folder]), 'dependencies')) found.add(other);
  }
  const testing = needing(namesOf(found), 'devDependencies').map(([folder]) => folder);
  return new Set([...found, ...testing]);
}
