import { watch } from 'chokidar';

/** Editors write a file in several steps, and a checkout writes many files. */
const SETTLE_MS = 80;

/**
 * Calls back as soon as no later change is missed, and after files under the folders have changed: once for changes that come
 * together, and never twice at a time.
 *
 * @param onChange Takes the files that changed, relative to `root`. None, the first time: what changed before is for it to find.
 * @param onError Takes why there are files that cannot be watched, at the first of them.
 * @returns A function that ends the watch.
 */
export async function watchSources(
  root: string,
  folders: readonly string[],
  onChange: (files: readonly string[]) => Promise<void>,
  onError: (error: Error) => void,
): Promise<() => Promise<void>> {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let handling = false;
  const handle = async () => {
    if (handling) return;
    handling = true;
    do {
      const files = [...changed];
      changed.clear();
      await onChange(files);
    } while (changed.size > 0);
    handling = false;
  };
  const watcher = watch([...folders], { cwd: root, ignoreInitial: true });
  watcher.on('all', (_, file) => {
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => void handle(), SETTLE_MS);
  });
  let told = false;
  watcher.on('error', (error) => {
    if (!told) onError(error as Error);
    told = true;
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  void handle();
  return () => {
    clearTimeout(timer);
    return watcher.close();
  };
}
