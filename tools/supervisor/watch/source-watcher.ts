import { watch } from 'chokidar';

/**
 * Time to wait for further changes, in milliseconds. Editors write a file in several steps, and switching branches writes many
 * files.
 */
const SETTLE_MS = 80;

/**
 * Calls `onChange` when the watch is active, and then after each change of files under the folders. Changes that occur together
 * cause one call, and calls never overlap.
 *
 * @param onChange Receives the changed files, relative to `root`. The first call receives no files, so the caller must find
 *   earlier changes itself.
 * @param onError Called once with the reason if files cannot be watched.
 * @returns a function that ends the watch
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
  let isReported = false;
  watcher.on('error', (error) => {
    if (!isReported) onError(error as Error);
    isReported = true;
  });
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  void handle();
  return () => {
    clearTimeout(timer);
    return watcher.close();
  };
}
