import { Eta } from 'eta';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { format } from './format.js';

/** Where the templates lie, relative to the checkout. */
const TEMPLATES = 'tools/generator/templates';
const EXTENSION = '.eta';
/** A line that holds nothing but a statement leaves no line behind. */
const STATEMENT_LINE = /^[ \t]*(<%(?![=~]).*%>)[ \t]*\n/gm;

const eta = new Eta({ autoEscape: false, autoTrim: false });

export interface RenderedFile {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

/** One template, by its path below {@link TEMPLATES} without the extension. Templates see the data as `it`. */
export async function renderTemplate(root: string, template: string, data: object): Promise<string> {
  const text = await readFile(join(root, TEMPLATES, `${template}${EXTENSION}`), 'utf8');
  return eta.renderString(text.replace(STATEMENT_LINE, '$1'), data);
}

/**
 * Every template of a set, a folder below {@link TEMPLATES} that is laid out as the checkout is. The files are formatted.
 *
 * @param names What stands for `__key__` in paths.
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
