import ts from 'typescript';
import type { Entry } from './entry.js';
import { insertSorted, parse, removeStatement, specifierOf } from './typescript.js';

const FILE = 'libs/contracts/src/index.ts';

/** Entry for the exports of new contracts, sorted by file name. */
export const contractsIndexEntry: Entry = {
  path: FILE,
  add: (text, { newEvents }) =>
    newEvents.reduce((before, { class: name, file }) => withExport(before, name, `./${file}.js`), text),
  remove: (text, { newEvents }) =>
    newEvents.reduce(
      (before, { file }) => removeStatement(before, classExports(before), `./${file}.js`),
      text,
    ),
};

function withExport(text: string, name: string, specifier: string): string {
  const line = `export { ${name} } from '${specifier}';`;
  return insertSorted(text, classExports(text), { specifier, line, end: text.length });
}

function classExports(text: string): ts.Statement[] {
  return parse(FILE, text).statements.filter(
    (statement) => ts.isExportDeclaration(statement) && !statement.isTypeOnly && specifierOf(statement),
  );
}
