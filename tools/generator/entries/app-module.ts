import ts from 'typescript';
import type { Blueprint } from '../blueprint/blueprint.js';
import { GeneratorError } from '../errors.js';
import { splice, type Entry } from './entry.js';
import { findAll, insertSorted, parse, removeStatement, specifierOf } from './typescript.js';

/** Entry for the controller in the module of an existing app. */
export function appModuleEntry({ app: { name, sources } }: Blueprint): Entry {
  const path = `${sources}/${name}.module.ts`;
  return {
    path,
    add: (text, blueprint) => withImport(path, withController(path, text, blueprint), blueprint),
    remove: (text, blueprint) => {
      const rest = withoutController(path, text, blueprint);
      return removeStatement(rest, importsIn(path, rest), blueprint.file);
    },
  };
}

function withImport(path: string, text: string, { class: name, file }: Blueprint): string {
  const imports = importsIn(path, text);
  const own = imports.filter((statement) => specifierOf(statement)!.startsWith('./'));
  const end = (imports.at(-1)?.getEnd() ?? 0) + '\n'.length;
  return insertSorted(text, own, { specifier: file, line: `import { ${name} } from '${file}';`, end });
}

function importsIn(path: string, text: string): ts.Statement[] {
  return parse(path, text).statements.filter(ts.isImportDeclaration);
}

function withController(path: string, text: string, { class: name }: Blueprint): string {
  const controllers = listIn(path, text, 'controllers');
  if (controllers) {
    const last = controllers.elements.at(-1);
    const at = last ? last.getEnd() : controllers.getStart() + '['.length;
    return splice(text, at, at, last ? `, ${name}` : name);
  }
  const imports = listIn(path, text, 'imports');
  if (!imports) {
    throw new GeneratorError(
      `${path} must have exactly one list of \`controllers\`, or exactly one list of \`imports\`.`,
      ['Write the processor by hand, or give the module `controllers: []`.'],
    );
  }
  return splice(text, imports.getEnd(), imports.getEnd(), `, controllers: [${name}]`);
}

function withoutController(path: string, text: string, { class: name }: Blueprint): string {
  const controllers = listIn(path, text, 'controllers');
  const elements = controllers?.elements ?? [];
  const index = elements.findIndex((element) => element.getText() === name);
  const element = elements[index];
  if (!controllers || !element) return text;
  if (elements.length === 1) {
    // Removes the whole property, because its list would become empty.
    const property = controllers.parent;
    return splice(
      text,
      property.getFullStart(),
      property.getEnd() + (text[property.getEnd()] === ',' ? 1 : 0),
      '',
    );
  }
  const previous = elements[index - 1];
  const [start, end] = previous
    ? [previous.getEnd(), element.getEnd()]
    : [element.getStart(), elements[1]!.getStart()];
  return splice(text, start, end, '');
}

/** Finds the array literal that is the value of a property. Returns undefined unless the file has exactly one such property. */
function listIn(path: string, text: string, property: string): ts.ArrayLiteralExpression | undefined {
  const isList = (node: ts.Node): node is ts.PropertyAssignment =>
    ts.isPropertyAssignment(node) &&
    node.name.getText() === property &&
    ts.isArrayLiteralExpression(node.initializer);
  const found = findAll(parse(path, text), isList);
  return found.length === 1 ? (found[0]!.initializer as ts.ArrayLiteralExpression) : undefined;
}
