import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Argument of a command's `main`, from `tools/launch.mjs`. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** The command line after the command's name. */
  readonly args: readonly string[];
  compile(): Promise<Compilation>;
}

/** Paths of sources, relative to the checkout. */
export interface Compilation {
  readonly compiled: readonly string[];
  readonly removed: readonly string[];
  readonly failures: readonly { readonly file: string; readonly message: string }[];
}

/** The checkout of this file, which may be compiled. */
export function checkoutRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder);
  return folder;
}

/** A compiled module, by the path of its source relative to the checkout: `apps/signup/src/main.ts`. */
export function compiled(root: string, source: string): string {
  return join(root, 'dist', 'dev', source.replace(/\.ts$/, '.js'));
}
