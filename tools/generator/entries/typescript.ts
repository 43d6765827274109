import ts from 'typescript';
import { splice } from './entry.js';

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** Returns the module specifier of an import or export, as written; undefined for any other statement. */
export function specifierOf(statement: ts.Statement): string | undefined {
  const from =
    ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
      ? statement.moduleSpecifier
      : undefined;
  return from && ts.isStringLiteral(from) ? from.text : undefined;
}

export function findAll<Node extends ts.Node>(
  source: ts.SourceFile,
  test: (node: ts.Node) => node is Node,
): Node[] {
  const found: Node[] = [];
  const visit = (node: ts.Node): void => {
    if (test(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Inserts a line before the first statement with a later specifier. If there is no later specifier, inserts the line at `end`.
 */
export function insertSorted(
  text: string,
  statements: readonly ts.Statement[],
  { specifier, line, end }: { specifier: string; line: string; end: number },
): string {
  const next = statements.find((statement) => specifierOf(statement)! > specifier);
  const at = next ? next.getStart() : end;
  return splice(text, at, at, `${line}\n`);
}

/**
 * Removes the statement with this specifier, and the line break after the statement. Returns the same text if there is no such
 * statement.
 */
export function removeStatement(
  text: string,
  statements: readonly ts.Statement[],
  specifier: string,
): string {
  const found = statements.find((statement) => specifierOf(statement) === specifier);
  return found ? splice(text, found.getStart(), found.getEnd() + '\n'.length, '') : text;
}
