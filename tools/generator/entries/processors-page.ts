import { GeneratorError } from '../errors.js';
import { splice, type Entry } from './entry.js';

const FILE = 'docs/processors.md';
/** Lines of its table whose first cell is a name in code style. */
const ROW = /^\| `([^`]+)` .*\n/gm;

/** The line of the documentation, in the order of names. */
export const processorsPageEntry: Entry = {
  path: FILE,
  add(text, { name, entries }) {
    const rows = [...text.matchAll(ROW)];
    const last = rows.at(-1);
    if (!last)
      throw new GeneratorError(
        `${FILE} has no table of processors, each line beginning with its name: | \`name\` |`,
      );
    const next = rows.find(([, other]) => other! > name);
    const at = next ? next.index : last.index + last[0].length;
    return splice(text, at, at, entries.processorsPage);
  },
  remove: (text, { name }) => text.replace(ROW, (row, other) => (other === name ? '' : row)),
};
