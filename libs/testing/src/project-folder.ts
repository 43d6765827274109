import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Returns the folder of the project whose specs run. The function searches for the nearest folder above this package that
 * contains a `nest-cli.json`.
 *
 * @throws Error if no folder contains a `nest-cli.json`
 */
export function projectFolder(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'nest-cli.json'))) return folder;
  }
  throw new Error(
    `No nest-cli.json above ${import.meta.dirname}. Golden events and embedded databases need a project with that file.`,
  );
}
