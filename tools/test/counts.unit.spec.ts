import { expect, it } from '@jest/globals';
import { add, countsOf, ONE_FAILED, renderCounts } from './counts.js';

const report = {
  numPassedTests: 5,
  numFailedTests: 1,
  numPendingTests: 2,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 1,
};

it('A spec file that cannot run counts as a failed test, and a todo test as a skipped one', () => {
  expect(renderCounts(countsOf(report))).toBe('5 passed, 2 failed, 3 skipped');
});

it('A failed check counts as a failed test', () => {
  expect(renderCounts(add(countsOf(report), ONE_FAILED))).toBe('5 passed, 3 failed, 3 skipped');
});
