import { readArchivedFailure, type ArchivedFailure } from '@cascade/jetstream';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../errors.js';

/**
 * Writes failures to a new file, one failure per line. Resolves when the disk has stored the file and the file was read back.
 * Removes the file after an error. Only this user may read the file, because the events may contain personal data.
 *
 * @throws CommandError if the file exists, cannot be written or does not contain exactly these failures, or if `signal` aborts
 */
export async function writeArchive(
  path: string,
  failures: AsyncIterable<ArchivedFailure>,
  signal: AbortSignal,
): Promise<void> {
  const file = await create(path);
  try {
    const ids: string[] = [];
    try {
      for await (const failure of failures) {
        if (signal.aborted) throw new CommandError('Stopped. Nothing was removed, and no file is left.');
        // Unlike `write`, `appendFile` writes the whole line, or throws if the disk stores only a part of the line.
        await file.appendFile(`${JSON.stringify(failure)}\n`).catch(notWritten(path));
        ids.push(failure.id);
      }
      await file.sync().catch(notWritten(path));
    } finally {
      await file.close();
    }
    await syncFolder(dirname(path)).catch(notWritten(path));
    await assertHolds(path, ids);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/**
 * Reads the failures of an archive.
 *
 * @throws CommandError if the file cannot be read, or if a line is not an archived failure
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
      throw new CommandError(`Line ${number} of ${path} is not an archived failure.`, [
        'Nothing was done. The file must come from `failures archive`, and must be complete.',
      ]);
    }
    yield failure;
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') return notWritten(path)(cause as Error);
    throw new CommandError(`${path} already exists, and an archive never overwrites a file.`, [
      'Name another file with --to.',
    ]);
  }
}

function notWritten(path: string): (cause: Error) => never {
  return (cause) => {
    throw new CommandError(
      `${path} cannot be written: ${cause.message}`,
      ['Nothing was removed. Name another file with --to.'],
      { cause },
    );
  };
}

/**
 * Syncs the folder of a new file. Otherwise, the file may lose its name in a power failure, even if the disk has stored its
 * content.
 */
async function syncFolder(path: string): Promise<void> {
  // Windows cannot sync a folder.
  if (process.platform === 'win32') return;
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

async function assertHolds(path: string, ids: readonly string[]): Promise<void> {
  const found: string[] = [];
  for await (const { id } of readArchive(path)) found.push(id);
  if (isDeepStrictEqual(found, ids)) return;
  throw new CommandError(`${path} does not contain what was written to it.`, ['Nothing was removed.']);
}
