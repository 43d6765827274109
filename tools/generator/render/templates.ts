import { Eta } from 'eta';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { format } from './format.js';

/** Folder of the templates, relative to the checkout. */
const TEMPLATES = 'tools/generator/templates';
const EXTENSION = '.eta';
/** Matches a line that holds only a statement, which renders as nothing, not as an empty line. */
const STATEMENT_LINE = /^[ \t]*(<%(?![=~]).*%>)[ \t]*\n/gm;

const eta = new Eta({ autoEscape: false, autoTrim: false });

export interface RenderedFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

/** Renders one template, by its path below {@link TEMPLATES} without the extension. Templates see the data as `it`. */
export async function renderTemplate(root: string, template: string, data: object): Promise<string> {
  const text = await readFile(join(root, TEMPLATES, `${template}${EXTENSION}`), 'utf8');
  return eta.renderString(text.replace(STATEMENT_LINE, '$1'), data);
}

/**
 * Renders and formats every template of a set. A set is a folder below {@link TEMPLATES} with the layout of the checkout.
 *
 * @param names Values for `__key__` in paths.
 */
export async function renderSet(
  root: string,
  set: string,
  names: Readonly<Record<string, string>>,
  data: object,
): Promise<RenderedFile[]> {
  const folder = join(root, TEMPLATES, set);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const templates = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(EXTENSION))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .map((path) => path.slice(0, -EXTENSION.length))
    .sort();
  return Promise.all(
    templates.map(async (template) => {
      const path = template.replace(/__(\w+?)__/g, (whole, key: string) => names[key] ?? whole);
      return {
        path,
        content: await format(root, path, await renderTemplate(root, `${set}/${template}`, data)),
      };
    }),
  );
}
