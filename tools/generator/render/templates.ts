import { Eta } from 'eta';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow } from '../file-change.js';
import { format } from './format.js';

/** Folder of the templates, relative to the checkout. */
const TEMPLATES = 'tools/generator/templates';
const EXTENSION = '.eta';
/** Matches a line that contains only a template statement. Such a line renders as nothing, not as an empty line. */
const STATEMENT_LINE = /^[ \t]*(<%(?![=~]).*%>)[ \t]*\n/gm;

const eta = new Eta({ autoEscape: false, autoTrim: false });

export interface RenderedFile {
  /** Path relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly content: string;
}

/**
 * Renders a template, which is named by its path below {@link TEMPLATES} without the extension. Templates access the data as
 * `it`.
 */
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
  const files = await filesBelow(join(root, TEMPLATES, set));
  const templates = files
    .filter((file) => file.endsWith(EXTENSION))
    .map((file) => file.slice(0, -EXTENSION.length));
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
