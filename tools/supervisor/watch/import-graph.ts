import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { compiled } from '../../checkout.js';

/** Matches imports as the compiler writes them. A string or comment that looks like an import causes only a needless restart. */
const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g;

/**
 * Returns all sources of a program, including its transitive imports, without npm packages.
 *
 * @param root Root of the checkout, which must be compiled.
 * @param entry The program's main source, relative to the checkout: `apps/signup/src/main.ts`.
 * @returns sources relative to the checkout, including `entry`
 */
export async function sourcesOf(root: string, entry: string): Promise<Set<string>> {
  const found = new Set<string>();
  const follow = async (source: string): Promise<void> => {
    if (found.has(source)) return;
    found.add(source);
    const output = compiled(root, source);
    const code = await readFile(output, 'utf8').catch(() => '');
    const imports = [...code.matchAll(RELATIVE_IMPORT)].map((match) => join(dirname(output), match[1]!));
    await Promise.all(imports.map((path) => follow(sourceOf(root, path))));
  };
  await follow(entry);
  return found;
}

function sourceOf(root: string, output: string): string {
  return relative(join(root, 'dist', 'dev'), output).replace(/\.js$/, '.ts');
}
