import type { Topology } from '@cascade/topology';
import { expect, it } from '@jest/globals';
import { Output } from '../output.js';
import { hostWith } from '../test/session.js';
import { checkLines } from './check-lines.js';

const output = new Output(hostWith({ env: {} }), false);
const topology = { apps: [{}], processors: [{}, {}], contracts: [{}] } as Topology;
const fault = { rule: 'unknown-failures', message: 'x consumes the failures of y.' } as const;
const cycle = ['events.order.placed', 'billing', 'events.order.placed'];
const CYCLE_LINE = 'cycle  events.order.placed → billing → events.order.placed';

it('A topology without faults and cycles has only a summary', () => {
  expect(checkLines({ faults: [], cycles: [] }, topology, output)).toEqual([
    'No faults: 1 app, 2 processors, 1 contract.',
  ]);
});

it('A cycle is not a fault, and the summary mentions it', () => {
  expect(checkLines({ faults: [], cycles: [cycle] }, topology, output)).toEqual([
    CYCLE_LINE,
    'No faults, but 1 cycle, which one of its processors must end: 1 app, 2 processors, 1 contract.',
  ]);
});

it('The summary counts faults and cycles', () => {
  expect(checkLines({ faults: [fault], cycles: [] }, topology, output).at(-1)).toBe('1 fault.');
  expect(checkLines({ faults: [fault, fault], cycles: [cycle, cycle] }, topology, output)).toEqual([
    'unknown-failures  x consumes the failures of y.',
    'unknown-failures  x consumes the failures of y.',
    CYCLE_LINE,
    CYCLE_LINE,
    '2 faults, 2 cycles.',
  ]);
});
