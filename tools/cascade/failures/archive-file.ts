import { readArchivedFailure, type ArchivedFailure } from '@cascade/jetstream';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from '../errors.js';

/**
 * Writes failures to a new file, one a line. Returns once the disk has them and the file was read back; leaves no file otherwise.
 * Only this user may read the file: the events in it may hold personal data.
 *
 * @throws CommandError if the file is there already or cannot be written, or if `signal` has stopped it
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
        if (signal.aborted) throw new CommandError('Stopped: nothing was removed, and no file is left.');
        // Unlike `write`, this goes on until the disk has taken the whole line, or refuses the rest of it.
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
        'Nothing was done with it. Is it a file of `failures archive`, and whole?',
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
    throw new CommandError(`${path} is there already, and an archive overwrites nothing.`, [
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

/** Without this, a power cut may take the name of a new file, whatever the disk has of its content. */
async function syncFolder(path: string): Promise<void> {
  // Windows has no such call.
  if (process.platform === 'win32') return;
  const folder = await open(path);
  await folder.sync().finally(() => folder.close());
}

async function assertHolds(path: string, ids: readonly string[]): Promise<void> {
  const found: string[] = [];
  for await (const { id } of readArchive(path)) found.push(id);
  if (isDeepStrictEqual(found, ids)) return;
  throw new CommandError(`${path} does not hold what was written to it.`, ['Nothing was removed.']);
}
