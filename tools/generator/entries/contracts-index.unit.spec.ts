import { expect, it } from '@jest/globals';
import type { Blueprint } from '../blueprint/blueprint.js';
import { contractsIndexEntry } from './contracts-index.js';

const text = `export type { EventName } from './event.js';
export { NotificationSent, type NotificationChannel } from './notification-sent.js';
export { UserSignedUp } from './user-signed-up.js';
`;
const blueprintOf = (...events: [name: string, file: string][]) =>
  ({ newEvents: events.map(([name, file]) => ({ class: name, file })) }) as unknown as Blueprint;

it.each([
  ['first', 'CouponIssued', 'coupon-issued', 1],
  ['between', 'OrderPlaced', 'order-placed', 2],
  ['last', 'WarrantSigned', 'warrant-signed', 3],
])(
  'The export of a new contract that sorts %s is added in order, and removed without a trace',
  (_, name, file, line) => {
    const blueprint = blueprintOf([name, file]);
    const added = contractsIndexEntry.add(text, blueprint);
    expect(added).toBe(
      text.split('\n').toSpliced(line, 0, `export { ${name} } from './${file}.js';`).join('\n'),
    );
    expect(contractsIndexEntry.remove(added, blueprint)).toBe(text);
  },
);

it('Two new contracts are added and removed together', () => {
  const blueprint = blueprintOf(['OrderPlaced', 'order-placed'], ['CouponIssued', 'coupon-issued']);
  const added = contractsIndexEntry.add(text, blueprint);
  expect(added.match(/^export \{/gm)).toHaveLength(4);
  expect(contractsIndexEntry.remove(added, blueprint)).toBe(text);
});
