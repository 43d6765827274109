import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Search } from './step.js';

/** Search that finds only the programs that a spec creates. */
export interface TestSearch extends Search {
  folder: string;
  /** Lines that the search has reported. */
  lines: string[];
  /** Puts an executable on the PATH of the search. */
  program(name: string, script: string): Promise<string>;
  remove(): Promise<void>;
}

export async function newSearch(): Promise<TestSearch> {
  const folder = await mkdtemp(join(tmpdir(), 'cascade-search-'));
  const lines: string[] = [];
  return {
    folder,
    lines,
    env: { PATH: join(folder, 'bin') },
    cacheDir: join(folder, 'cache'),
    report: (line) => lines.push(line),
    program: (name, script) => writeProgram(join(folder, 'bin', name), script),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function writeProgram(path: string, script: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Returns the script of a fake nats-server that can only print its version. */
export function sayVersion(version: string): string {
  return `echo 'nats-server: v${version}'`;
}
