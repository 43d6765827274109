import { describe, expect, it } from '@jest/globals';
import {
  processorRow,
  processorsPageFaults,
  withProcessorsTable,
  type ListedProcessor,
} from './processors-page.js';

const billing: ListedProcessor = {
  name: 'billing',
  app: 'shop',
  consumes: { event: 'order.placed' },
  publishes: [{ event: 'order.billed' }, { event: 'order.declined' }],
};
const watch: ListedProcessor = {
  name: 'watch',
  app: 'shop',
  consumes: { event: 'order.placed', failuresOf: 'billing' },
  publishes: [],
};
const page = `# The processors

Words before.

| processor | app    | consumes                                | publishes                        |
| --------- | ------ | --------------------------------------- | -------------------------------- |
| \`billing\` | \`shop\` | \`order.placed\`                          | \`order.billed\`, \`order.declined\` |
| \`watch\`   | \`shop\` | failures of \`billing\` on \`order.placed\` |                                  |

Words after.
`;
const messagesOf = (text: string | undefined, processors: ListedProcessor[]) =>
  processorsPageFaults(text, { processors }).map(({ rule, message }) => `${rule}: ${message}`);

describe('docs/processors.md', () => {
  it('gets the table of the processors, and keeps the text around it', () => {
    const old = page.replace(/^\| `watch.*\n/m, '| `gone` | `shop` | `a.b` | |\n');
    expect(withProcessorsTable(old, { processors: [billing, watch] })).toBe(page);
    expect(withProcessorsTable(page, { processors: [billing, watch] })).toBe(page);
  });

  it('keeps an empty table, which can get rows again', () => {
    const empty = withProcessorsTable(page, { processors: [] });
    expect(empty).toMatch(/\| processor \| app \| consumes \| publishes \|\n(\| -+ )+\|\n\nWords after\.\n$/);
    expect(messagesOf(empty, [])).toEqual([]);
    expect(withProcessorsTable(empty, { processors: [billing, watch] })).toBe(page);
  });

  it('gets its table at the end if the page has no table, and is created if the page is missing', () => {
    const table = page.slice(page.indexOf('|'), page.indexOf('\nWords after'));
    expect(withProcessorsTable('# Mine\n', { processors: [billing, watch] })).toBe(`# Mine\n\n${table}`);
    expect(withProcessorsTable(undefined, { processors: [billing, watch] })).toBe(
      `# The processors\n\n${table}`,
    );
  });

  it('has no fault after an update, regardless of the alignment of its columns', () => {
    expect(messagesOf(page, [billing, watch])).toEqual([]);
    expect(messagesOf(page.replace(/ +\|/g, ' |').replace(/-{4,}/g, '---'), [billing, watch])).toEqual([]);
  });

  it.each([
    ['a processor that is missing', [billing, watch, { ...watch, name: 'third' }], 'third is missing'],
    ['one that was removed', [billing], 'watch is not in the code'],
    ['one that differs', [billing, { ...watch, app: 'other' }], 'watch differs'],
    ['another order', [watch, billing], 'its rows are not in the order of names'],
  ])('reports %s with a remedy', (_, processors, what) => {
    expect(messagesOf(page, processors)).toEqual([
      `outdated-docs: docs/processors.md does not show the processors of the code: ${what}. Run: node cascade topology --update-docs`,
    ]);
  });

  it('has a fault if the page is missing, or has no table', () => {
    const message =
      'outdated-docs: docs/processors.md has no table of the processors. Run: node cascade topology --update-docs';
    expect(messagesOf(undefined, [billing])).toEqual([message]);
    expect(messagesOf('# Mine\n', [billing])).toEqual([message]);
  });

  it('has one row for each processor, in the format of the generator', () => {
    expect(processorRow(watch)).toBe('| `watch` | `shop` | failures of `billing` on `order.placed` |  |\n');
  });
});
