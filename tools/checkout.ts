import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Argument of a command's `main`, which `tools/launch.mjs` passes. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  compile(): Promise<Compilation>;
}

/** Result of a compilation. All paths are paths of sources, relative to the checkout. */
export interface Compilation {
  readonly compiled: readonly string[];
  readonly removed: readonly string[];
  readonly failures: readonly { readonly file: string; readonly message: string }[];
}

/** Returns the root of the checkout that contains this file, even if the file is compiled. */
export function checkoutRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder);
  return folder;
}

/** Returns the path of a compiled module. The source is given relative to the checkout, such as `apps/signup/src/main.ts`. */
export function compiled(root: string, source: string): string {
  return join(root, 'dist', 'dev', source.replace(/\.ts$/, '.js'));
}
