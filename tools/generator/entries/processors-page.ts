import { processorRow, PROCESSORS_PAGE } from '@cascade/topology';
import { GeneratorError } from '../errors.js';
import { splice, type Entry } from './entry.js';

const HEADING = /^\| *processor *\|.*\n\|[-: |]+\|\n/m;
/** Matches the rows of the table, whose first cell is a name in code style. */
const ROW = /^\| `([^`]+)` .*\n/gm;

/** Entry in the table of the documentation, sorted by name. */
export const processorsPageEntry: Entry = {
  path: PROCESSORS_PAGE,
  add(text, { name, app, consumes, failuresOf, publishes }) {
    const heading = HEADING.exec(text);
    if (!heading) {
      throw new GeneratorError(`${PROCESSORS_PAGE} has no table of processors.`, [
        '`node cascade topology --update-docs` writes it.',
      ]);
    }
    const rows = [...text.matchAll(ROW)];
    const next = rows.find(([, other]) => other! > name);
    const last = rows.at(-1) ?? heading;
    const at = next ? next.index : last.index + last[0].length;
    const row = processorRow({
      name,
      app: app.name,
      consumes: { event: consumes.event, failuresOf },
      publishes: publishes ? [publishes] : [],
    });
    return splice(text, at, at, row);
  },
  remove: (text, { name }) => text.replace(ROW, (row, other) => (other === name ? '' : row)),
};
