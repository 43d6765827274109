import ts from 'typescript';
import { splice, type Entry } from './entry.js';
import { parse, specifierOf } from './typescript.js';

const FILE = 'libs/contracts/src/index.ts';

/** The exports of new contracts, sorted by file name. */
export const contractsIndexEntry: Entry = {
  path: FILE,
  add: (text, { newEvents }) =>
    newEvents.reduce((before, { class: name, file }) => withExport(before, name, file), text),
  remove: (text, { newEvents }) => newEvents.reduce((before, { file }) => withoutExport(before, file), text),
};

function withExport(text: string, name: string, file: string): string {
  const specifier = specifierFor(file);
  const line = `export { ${name} } from '${specifier}';\n`;
  const next = classExports(text).find((statement) => specifierOf(statement)! > specifier);
  const at = next ? next.getStart() : text.length;
  return splice(text, at, at, line);
}

function withoutExport(text: string, file: string): string {
  const found = classExports(text).find((statement) => specifierOf(statement) === specifierFor(file));
  return found ? splice(text, found.getStart(), found.getEnd() + '\n'.length, '') : text;
}

function classExports(text: string): ts.Statement[] {
  return parse(FILE, text).statements.filter(
    (statement) => ts.isExportDeclaration(statement) && !statement.isTypeOnly && specifierOf(statement),
  );
}

function specifierFor(file: string): string {
  return `./${file}.js`;
}
