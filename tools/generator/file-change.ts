import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

export interface FileChange {
  /** Path relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly kind: 'create' | 'change' | 'remove';
  /** New content of the file; undefined if the file is removed. */
  readonly content?: string;
}

/** Writes and removes files, and removes the folders that become empty. */
export async function applyChanges(root: string, changes: readonly FileChange[]): Promise<void> {
  for (const { path, content } of changes) {
    const file = join(root, path);
    if (content === undefined) {
      await rm(file);
      await removeEmptyFolders(root, dirname(path));
    } else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  }
}

/** Returns the text of a file of the checkout; undefined if the file does not exist. */
export async function textOf(root: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Returns the sorted paths of all files below a folder, relative to the folder, with forward slashes. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  if (folder === '.' || (await readdir(join(root, folder))).length > 0) return;
  await rmdir(join(root, folder));
  await removeEmptyFolders(root, dirname(folder));
}
