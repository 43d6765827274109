import type { EventClass } from '@cascade/jetstream';
import { contractSchema } from '@cascade/topology';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { randomUUID } from 'node:crypto';
import { GeneratorError } from '../errors.js';
import { camelCase, pascalCase } from '../names.js';
import { renderSet, type RenderedFile } from '../render/templates.js';
import type { NewEvent } from './parts.js';

/** Renders the contract of an event, and loads its class to read the schema. */
export async function renderEvent(root: string, event: string): Promise<NewEvent> {
  const names = namesOf(event);
  const files = await renderSet(root, 'event', { file: names.file, event }, names);
  const source = files.find(({ path }) => path.endsWith('.ts'));
  const sample = files.find(({ path }) => path.endsWith('.json'));
  if (!source || !sample)
    throw new GeneratorError('tools/generator/templates/event must hold one class and one golden sample.');
  return {
    ...names,
    files,
    schema: contractSchema(await loadClass(root, source, names.class)),
    sample: JSON.parse(sample.content) as Record<string, unknown>,
  };
}

/** Derives the names for an event. For example, the fields of `coupon.issued` are `couponId` and `issuedAt`. */
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

/** Loads a class from a temporary file inside the checkout, so that Node finds the packages that the class imports. */
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
    if (!loaded[name]) throw new Error(`it does not export the class ${name}`);
    return loaded[name];
  } catch (cause) {
    throw new GeneratorError(
      `The class that the event template renders cannot be loaded: ${(cause as Error).message}`,
      ['Correct the template in tools/generator/templates/event.'],
      { cause },
    );
  } finally {
    await rm(file, { force: true });
  }
}
