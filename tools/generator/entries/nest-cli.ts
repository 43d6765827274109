import { applyEdits, modify } from 'jsonc-parser';
import type { Entry } from './entry.js';

const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** Entry for the app, which `nest build` and all tools that list the apps need. */
export const nestCliEntry: Entry = {
  path: 'nest-cli.json',
  add: (text, { app, entries }) => withProject(text, app.name, JSON.parse(entries.nestCli)),
  remove: (text, { app }) => withProject(text, app.name, undefined),
};

function withProject(text: string, name: string, project: unknown): string {
  return applyEdits(text, modify(text, ['projects', name], project, FORMAT));
}
