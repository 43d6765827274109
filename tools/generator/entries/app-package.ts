import type { Blueprint } from '../blueprint/blueprint.js';
import type { Dependencies } from '../blueprint/dependencies.js';
import { GeneratorError } from '../errors.js';
import type { Entry } from './entry.js';
import { read, written } from './json.js';
import { inserted, LOCK, withPackages } from './package-lock.js';

const FIELDS = ['dependencies', 'devDependencies'] as const;

type Change = (manifest: Dependencies) => Dependencies;

/** Entries for the processor's packages in the package.json of an existing app, and in the lock file, which repeats them. */
export function appPackageEntries({ app: { folder, dependencies } }: Blueprint): Entry[] {
  if (Object.keys(dependencies).length === 0) return [];
  const entry = (path: string, edit: (text: string, change: Change) => string): Entry => ({
    path,
    add: (text) => edit(text, (manifest) => declare(manifest, dependencies)),
    remove: (text) => edit(text, (manifest) => withdraw(manifest, dependencies)),
  });
  return [
    entry(`${folder}/package.json`, (text, change) => written(change(read(text)))),
    entry(LOCK, (text, change) =>
      withPackages(text, (packages) => {
        const locked = packages[folder];
        if (locked) return { ...packages, [folder]: change(locked) };
        throw new GeneratorError(`${LOCK} does not list ${folder}.`, ['Run `npm install`.']);
      }),
    ),
  ];
}

function declare(manifest: Dependencies, added: Dependencies): Dependencies {
  const changed = FIELDS.filter((field) => added[field]).map((field) => {
    const versions = Object.entries(added[field]!);
    return [
      field,
      versions.reduce((all, [name, version]) => inserted(all, name, version), manifest[field] ?? {}),
    ];
  });
  return { ...manifest, ...(Object.fromEntries(changed) as Dependencies) };
}

/** Removes dependencies from a manifest. A field that becomes empty is removed too, as npm does. */
function withdraw(manifest: Dependencies, removed: Dependencies): Dependencies {
  const fields = Object.entries(manifest).map(([field, value]: [string, unknown]) => {
    const names = Object.keys(removed[field as keyof Dependencies] ?? {});
    if (names.length === 0) return [field, value];
    const kept = Object.entries(value as object).filter(([name]) => !names.includes(name));
    return [field, kept.length > 0 ? Object.fromEntries(kept) : undefined];
  });
  return Object.fromEntries(fields) as Dependencies;
}
