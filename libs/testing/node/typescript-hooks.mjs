import { transformFile } from '@swc/core';
import { fileURLToPath } from 'node:url';

const libs = new URL('../../', import.meta.url);
const root = fileURLToPath(new URL('../', libs));

/**
 * Resolves a library to the `index.ts` of its sources, like tsconfig's `paths`. Resolves a relative `.js` import in a TypeScript
 * file to the `.ts` file.
 */
export function resolve(specifier, context, next) {
  const [, library] = /^@(?:app|cascade)\/([^/]+)$/.exec(specifier) ?? [];
  if (library) return next(new URL(`${library}/src/index.ts`, libs).href, context);
  const isSibling = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(isSibling ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), { cwd: root, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
