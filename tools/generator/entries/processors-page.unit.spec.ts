import { expect, it } from '@jest/globals';
import type { Blueprint } from '../blueprint.js';
import { GeneratorError } from '../errors.js';
import { processorsPageEntry } from './processors-page.js';

const text =
  '# Processors\n\n| processor | app |\n| --- | --- |\n| `billing` | `shop` |\n| `packing` | `shop` |\n\nThe end.\n';
const blueprintOf = (name: string) =>
  ({ name, entries: { processorsPage: `| \`${name}\` | \`new\` |\n` } }) as Blueprint;

it.each([
  ['archive', '`billing`'],
  ['counting', '`packing`'],
])('The line of %s stands before that of %s, and goes without a trace', (name, next) => {
  const added = processorsPageEntry.add(text, blueprintOf(name));
  expect(added).toContain(`| \`${name}\` | \`new\` |\n| ${next}`);
  expect(processorsPageEntry.remove(added, blueprintOf(name))).toBe(text);
});

it('The last line stands at the end of the table', () => {
  const added = processorsPageEntry.add(text, blueprintOf('watching'));
  expect(added).toContain('| `packing` | `shop` |\n| `watching` | `new` |\n\nThe end.');
});

it('A page without the table is refused', () => {
  expect(() => processorsPageEntry.add('# Empty\n', blueprintOf('x'))).toThrow(GeneratorError);
});
