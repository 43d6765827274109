import { readEvent, typeOf, type EventClass } from '@cascade/jetstream';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '../topology.js';

/** Pattern of a file name, such as `user.signed-up.v1.json`, or `user.signed-up.v1.with-phone.json` for an additional sample. */
const FILE = /^(?<name>[a-z0-9.-]+)\.v(?<version>[1-9]\d*)(\.[a-z0-9-]+)?\.json$/;
const FOLDER = 'libs/contracts/golden';

/** Golden sample, with the version in its file name. */
export interface GoldenFile {
  /** Path relative to the root, with forward slashes. */
  file: string;
  /** `ce-type` of the event; undefined if the file name does not match the pattern. */
  type: string | undefined;
  text: string;
}

/** Returns the golden samples of a checkout, sorted by file name. */
export async function findSamples(root: string): Promise<GoldenFile[]> {
  const names = await readdir(join(root, FOLDER)).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => {
      const { groups } = FILE.exec(name) ?? {};
      const file = `${FOLDER}/${name}`;
      return {
        file,
        type: groups && typeOf(groups['name']!, Number(groups['version'])),
        text: await readFile(join(root, file), 'utf8'),
      };
    }),
  );
}

/** Reads a sample as a processor of the newest version reads it. */
export async function readSample({ file, type, text }: GoldenFile, newest: EventClass): Promise<Sample> {
  const faults = await readEvent(newest, Buffer.from(text), type).then(
    () => [],
    (error: Error) => [error.message],
  );
  return { file, data: parsed(text), faults };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
