import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What `tools/bootstrap.mjs` hands to a command. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** The command line after the command's name. */
  readonly args: readonly string[];
  /** Compiles what has changed since the last time. */
  compile(): Promise<Compilation>;
}

/** Paths are those of sources, relative to the checkout. */
export interface Compilation {
  readonly compiled: readonly string[];
  readonly removed: readonly string[];
  readonly failures: readonly { readonly file: string; readonly message: string }[];
}

/** The checkout that this file belongs to, as source or compiled. */
export function checkoutRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder);
  return folder;
}

/** A compiled module, by the path of its source relative to the checkout: `apps/signup/src/main.ts`. */
export function compiled(root: string, source: string): string {
  return join(root, 'dist', 'dev', source.replace(/\.ts$/, '.js'));
}
