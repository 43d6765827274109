import type { Blueprint } from './blueprint/blueprint.js';
import { appModuleEntry } from './entries/app-module.js';
import { appPackageEntries } from './entries/app-package.js';
import { composeEntry } from './entries/compose.js';
import { contractsIndexEntry } from './entries/contracts-index.js';
import { contractsLockEntry } from './entries/contracts-lock.js';
import type { Entry } from './entries/entry.js';
import { nestCliEntry } from './entries/nest-cli.js';
import { packageLockEntry } from './entries/package-lock.js';
import { processorsPageEntry } from './entries/processors-page.js';
import { renderSet, type RenderedFile } from './render/templates.js';

/** Renders the files of a processor, of its new events, and of its app if the app is new. */
export async function renderedFiles(root: string, blueprint: Blueprint): Promise<RenderedFile[]> {
  const { name, app, newEvents } = blueprint;
  const names = { name, app: app.name };
  const sets = app.isOwn ? ['app', 'processor'] : ['processor'];
  const rendered = await Promise.all(sets.map((set) => renderSet(root, set, names, blueprint)));
  return [...newEvents.flatMap(({ files }) => files), ...rendered.flat()];
}

/**
 * Returns the processor's entries in shared files. nest-cli.json comes last, because a running system starts each app that this
 * file lists.
 */
export function entriesOf(blueprint: Blueprint): Entry[] {
  const { app, newEvents } = blueprint;
  return [
    ...(newEvents.length > 0 ? [contractsIndexEntry] : []),
    contractsLockEntry,
    ...(app.isOwn
      ? [composeEntry, packageLockEntry]
      : [appModuleEntry(blueprint), ...appPackageEntries(blueprint)]),
    processorsPageEntry,
    ...(app.isOwn ? [nestCliEntry] : []),
  ];
}
