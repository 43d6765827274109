import { readArchivedFailure, type ArchivedFailure } from '@cascade/jetstream';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { CommandError } from '../errors.js';

/**
 * Makes the file of an archive, which only this user may read: the events in it may hold personal data.
 *
 * @throws CommandError if it is there already, or cannot be made
 */
export async function createArchive(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new CommandError(`${path} is there already, and an archive overwrites nothing.`, [
        'Name another file with --to.',
      ]);
    }
    throw new CommandError(
      `${path} cannot be written: ${(cause as Error).message}`,
      ['Name another file with --to.'],
      {
        cause,
      },
    );
  }
}

/** Writes one failure a line, and returns once the disk has them. Removes the file if that fails. */
export async function writeArchive(
  path: string,
  file: FileHandle,
  failures: AsyncIterable<ArchivedFailure>,
): Promise<void> {
  try {
    for await (const failure of failures) await file.write(`${JSON.stringify(failure)}\n`);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * The failures of an archive.
 *
 * @throws CommandError if it cannot be read, or a line is no archived failure
 */
export async function* readArchive(path: string): AsyncGenerator<ArchivedFailure> {
  const file = await open(path).catch((cause: Error) => {
    throw new CommandError(`${path} cannot be read: ${cause.message}`, [], { cause });
  });
  let number = 0;
  for await (const line of file.readLines()) {
    number += 1;
    const failure = await readArchivedFailure(line);
    if (!failure) {
      await file.close();
      throw new CommandError(`Line ${number} of ${path} is no archived failure.`, [
        'Nothing was restored. Is it a file of `failures archive`, and whole?',
      ]);
    }
    yield failure;
  }
}
