import type { EventClass } from '@cascade/jetstream';
import { contractSchema } from '@cascade/topology';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';
import type { EventPart } from './blueprint.js';
import { GeneratorError } from './errors.js';
import { camelCase, pascalCase } from './names.js';
import { renderSet, type RenderedFile } from './templates.js';

/** A contract as the templates make it. */
export interface NewEvent extends EventPart {
  /** Name of its file in libs/contracts/src, without extension. */
  readonly file: string;
  /** Class and golden sample. */
  readonly files: readonly RenderedFile[];
  /** Name of the field that identifies what the event is about. */
  readonly idField: string;
}

/** Renders the contract of an event, and loads it, as only the class itself knows its schema. */
export async function renderEvent(root: string, event: string): Promise<NewEvent> {
  const names = namesOf(event);
  const files = await renderSet(root, 'event', { file: names.file, event }, names);
  const source = files.find(({ path }) => path.endsWith('.ts'));
  const sample = files.find(({ path }) => path.endsWith('.json'));
  if (!source || !sample)
    throw new GeneratorError('The templates of an event must be one class and one golden sample.');
  return {
    ...names,
    files,
    schema: contractSchema(await loadClass(root, source, names.class)),
    sample: JSON.parse(sample.content) as Record<string, unknown>,
  };
}

/** `coupon.issued` is told with `couponId` and `issuedAt`. */
function namesOf(event: string) {
  const [entity, ...what] = event.split('.') as [string, ...string[]];
  return {
    event,
    class: pascalCase(event),
    file: event.replaceAll('.', '-'),
    idField: `${camelCase(entity)}Id`,
    timeField: `${camelCase(what.join('-'))}At`,
  };
}

/** From a file of its own: what it imports is looked for from within the checkout. */
async function loadClass(root: string, { path, content }: RenderedFile, name: string): Promise<EventClass> {
  const { transform } = await import('@swc/core');
  const folder = join(root, '.cache', 'generator');
  const file = join(folder, `${randomUUID()}.mjs`);
  try {
    const { code } = await transform(content, {
      configFile: join(root, '.swcrc'),
      filename: path,
      sourceMaps: false,
      module: { type: 'nodenext' },
    });
    await mkdir(folder, { recursive: true });
    await writeFile(file, code);
    const loaded = (await import(pathToFileURL(file).href)) as Record<string, EventClass | undefined>;
    if (!loaded[name]) throw new Error(`it exports no class ${name}`);
    return loaded[name];
  } catch (cause) {
    throw new GeneratorError(
      `The template of an event gives a class that cannot be loaded: ${(cause as Error).message}`,
      ['Correct it: tools/generator/templates/event.'],
      { cause },
    );
  } finally {
    await rm(file, { force: true });
  }
}
