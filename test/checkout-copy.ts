import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from './system.js';

const COPIED = [
  ...['apps', 'libs', 'tools'],
  ...['package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', '.swcrc'],
];

/** A copy of the checkout, with its dependencies, whose sources a test may change. */
export class CheckoutCopy {
  private constructor(readonly path: string) {}

  static async create(): Promise<CheckoutCopy> {
    const path = await mkdtemp(join(tmpdir(), 'cascade-copy-'));
    await Promise.all(COPIED.map((name) => cp(join(root, name), join(path, name), { recursive: true })));
    await symlink(join(root, 'node_modules'), join(path, 'node_modules'));
    return new CheckoutCopy(path);
  }

  async write(file: string, content: string): Promise<void> {
    await mkdir(dirname(join(this.path, file)), { recursive: true });
    await writeFile(join(this.path, file), content);
  }

  /** Changes a file; the result of `change` becomes its content. */
  async edit(file: string, change: (content: string) => string): Promise<void> {
    await this.write(file, change(await readFile(join(this.path, file), 'utf8')));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}
