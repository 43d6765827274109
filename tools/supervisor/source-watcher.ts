import { watch } from 'node:fs';
import { join } from 'node:path';

/** Editors write a file in several steps, and a checkout writes many files. */
const SETTLE_MS = 80;

/**
 * Calls back after files under the folders have changed, once for changes that come together, and never twice at a time.
 *
 * @param onChange Takes the files that changed, relative to `root`.
 * @returns A function that ends the watch.
 */
export function watchSources(
  root: string,
  folders: readonly string[],
  onChange: (files: readonly string[]) => Promise<void>,
): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let handling = false;
  const handle = async () => {
    if (handling) return;
    handling = true;
    while (changed.size > 0) {
      const files = [...changed];
      changed.clear();
      await onChange(files);
    }
    handling = false;
  };
  const watchers = folders.map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, file) => {
      if (file) changed.add(join(folder, file));
      clearTimeout(timer);
      timer = setTimeout(() => void handle(), SETTLE_MS);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
