import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './system.js';

const COPIED = [
  ...['apps', 'libs', 'tools'],
  ...['package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', '.swcrc'],
];

/** Folders that git ignores, and git's own folder. */
const MADE = new Set(['.git', '.cache', '.data', 'coverage', 'dist', 'node_modules']);

/** A copy of the checkout with its dependencies. A test may change the sources of the copy. */
export class CheckoutCopy {
  private constructor(readonly path: string) {}

  /** @param names Files and folders to copy. Default: the files and folders that a running system needs. */
  static async create(names: readonly string[] = COPIED): Promise<CheckoutCopy> {
    const copy = await CheckoutCopy.empty();
    const { path } = copy;
    await Promise.all(names.map((name) => cp(join(root, name), join(path, name), { recursive: true })));
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
    return copy;
  }

  /** Creates an empty folder, without the dependencies. */
  static async empty(): Promise<CheckoutCopy> {
    return new CheckoutCopy(await mkdtemp(join(tmpdir(), 'cascade-copy-')));
  }

  /** Copies the whole checkout, without generated folders. */
  static async createWhole(): Promise<CheckoutCopy> {
    const names = await readdir(root);
    return CheckoutCopy.create(names.filter((name) => !MADE.has(name)));
  }

  /** Returns the content of each file by path, and an empty string for each empty folder. Leaves out generated folders. */
  async content(): Promise<Record<string, string>> {
    const names = (await readdir(this.path)).filter((name) => !MADE.has(name));
    const found = await Promise.all(names.map((name) => this.contentBelow(name)));
    return Object.fromEntries(found.flat());
  }

  private async contentBelow(path: string): Promise<[string, string][]> {
    const absolute = join(this.path, path);
    if (!(await stat(absolute)).isDirectory()) return [[path, await readFile(absolute, 'utf8')]];
    const names = await readdir(absolute);
    // Lists empty folders too, because `git status` would not show a leftover empty folder.
    if (names.length === 0) return [[`${path}/`, '']];
    return (await Promise.all(names.map((name) => this.contentBelow(`${path}/${name}`)))).flat();
  }

  async write(file: string, content: string): Promise<void> {
    await mkdir(dirname(join(this.path, file)), { recursive: true });
    await writeFile(join(this.path, file), content);
  }

  /** Replaces the content of a file with the result of `change`. */
  async edit(file: string, change: (content: string) => string): Promise<void> {
    await this.write(file, change(await readFile(join(this.path, file), 'utf8')));
  }

  delete(file: string): Promise<void> {
    return rm(join(this.path, file));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
