import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { affectedSpecs } from './affected-specs.js';
import { existingFiles, readLockedPackages, type Changes } from './changes.js';
import { JEST } from './steps.js';

/** Asks Jest for the specs of the checkout, and chooses the specs that the changes may affect. */
export async function findSpecs(root: string, changes: Changes): Promise<{ specs: string[]; all: number }> {
  const files = existingFiles(root, changes);
  const code = files.filter((file) => file.endsWith('.ts'));
  const [packages, specs, importers] = await Promise.all([
    readLockedPackages(root),
    listSpecs(root, []),
    code.length > 0 ? listSpecs(root, ['--findRelatedTests', ...code]) : [],
  ]);
  const readers = await readersOf(
    root,
    specs,
    changes.files.filter((file) => !file.endsWith('.ts')),
  );
  return { specs: affectedSpecs(changes, { packages, specs, importers, readers }), all: specs.length };
}

async function listSpecs(root: string, options: readonly string[]): Promise<string[]> {
  const command = [...JEST, '--listTests', '--json', ...options];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root });
  return (JSON.parse(stdout) as string[]).map((path) => path.slice(root.length + 1)).sort();
}

/** Returns the specs whose text names one of these files. */
async function readersOf(
  root: string,
  specs: readonly string[],
  files: readonly string[],
): Promise<string[]> {
  const reads = await Promise.all(
    specs.map(async (spec) => {
      const text = await readFile(join(root, spec), 'utf8');
      return files.some((file) => text.includes(file));
    }),
  );
  return specs.filter((_, index) => reads[index]);
}
