import { expect, it } from '@jest/globals';
import type { Blueprint } from '../blueprint/blueprint.js';
import { GeneratorError } from '../errors.js';
import { processorsPageEntry } from './processors-page.js';

const text =
  '# Processors\n\n| processor | app |\n| --- | --- |\n| `billing` | `shop` |\n| `packing` | `shop` |\n\nThe end.\n';
const blueprintOf = (name: string) =>
  ({ name, app: { name: 'new' }, consumes: { event: 'order.placed' } }) as Blueprint;
const rowOf = (name: string) => `| \`${name}\` | \`new\` | \`order.placed\` |  |\n`;

it.each([
  ['archive', '`billing`'],
  ['counting', '`packing`'],
])('The row of %s precedes that of %s, and is removed without a trace', (name, next) => {
  const added = processorsPageEntry.add(text, blueprintOf(name));
  expect(added).toContain(`${rowOf(name)}| ${next}`);
  expect(processorsPageEntry.remove(added, blueprintOf(name))).toBe(text);
});

it('The last row ends the table', () => {
  const added = processorsPageEntry.add(text, blueprintOf('watching'));
  expect(added).toContain(`| \`packing\` | \`shop\` |\n${rowOf('watching')}\nThe end.`);
});

it('The first row follows the heading of an empty table', () => {
  const empty = text.replace(/^\| `.*\n/gm, '');
  const added = processorsPageEntry.add(empty, blueprintOf('first'));
  expect(added).toContain(`| --- | --- |\n${rowOf('first')}\nThe end.`);
  expect(processorsPageEntry.remove(added, blueprintOf('first'))).toBe(empty);
});

it('A page without the table is an error', () => {
  expect(() => processorsPageEntry.add('# Empty\n', blueprintOf('x'))).toThrow(GeneratorError);
});
