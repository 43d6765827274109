import type { Entry } from './entry.js';
import { read, written } from './json.js';

export const LOCK = 'package-lock.json';

/** Fields of package.json that npm repeats in its lock file, in npm's order. */
const REPEATED = ['name', 'version', 'license', 'dependencies', 'devDependencies', 'engines'];

type Packages = Readonly<Record<string, object>>;

/** Entry for the processor's own app, as `npm install` would write it. `npm ci` refuses a lock file without this entry. */
export const packageLockEntry: Entry = {
  path: LOCK,
  add: (text, { app, packageJson }) =>
    withPackages(text, (packages) => {
      const manifest = read<Readonly<Record<string, unknown>>>(packageJson);
      const repeated: object = Object.fromEntries(
        REPEATED.filter((field) => field in manifest).map((field) => [field, manifest[field]]),
      );
      const withFolder = inserted(packages, app.folder, repeated);
      return inserted<object>(withFolder, linkOf(packageJson), { resolved: app.folder, link: true });
    }),
  remove: (text, { app, packageJson }) =>
    withPackages(text, (packages) => {
      const own = [app.folder, linkOf(packageJson)];
      return Object.fromEntries(Object.entries(packages).filter(([path]) => !own.includes(path)));
    }),
};

function linkOf(packageJson: string): string {
  return `node_modules/${read<{ name: string }>(packageJson).name}`;
}

export function withPackages(text: string, change: (packages: Packages) => Packages): string {
  const lock = read<{ packages: Packages }>(text);
  return written({ ...lock, packages: change(lock.packages) });
}

/** Inserts an entry at its position in npm's order. */
export function inserted<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
  value: Value,
): Record<string, Value> {
  const entries = Object.entries(record);
  const next = entries.findIndex(([other]) => other.localeCompare(key, 'en') > 0);
  return Object.fromEntries(entries.toSpliced(next < 0 ? entries.length : next, 0, [key, value]));
}
