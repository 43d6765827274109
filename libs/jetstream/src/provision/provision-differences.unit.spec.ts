import { describe, expect, it } from '@jest/globals';
import {
  consumerDifferences,
  mergedSubjects,
  shownSetting,
  streamDifferences,
} from './provision-differences.js';

describe('the effect of changing a setting', () => {
  it.each([
    ['max_bytes', 2_000, 1_000, 'changes'],
    ['max_bytes', 1_000, 2_000, 'lowers'],
    ['max_bytes', 1_000, -1, 'lowers'],
    ['max_bytes', -1, 1_000, 'changes'],
    ['max_age', 1_000, 0, 'lowers'],
    ['max_age', 0, 1_000, 'changes'],
    ['num_replicas', 1, 3, 'lowers'],
    ['num_replicas', 3, 1, 'changes'],
    ['duplicate_window', 1_000, 2_000, 'lowers'],
    ['discard', 'new', 'old', 'lowers'],
    ['description', 'new', 'old', 'changes'],
    ['allow_msg_schedules', true, undefined, 'adds'],
    ['subjects', ['a.>', 'b.>'], ['a.>'], 'adds'],
    ['subjects', ['a.>'], ['a.*', 'a.b.c'], 'adds'],
    ['subjects', ['a.>'], ['a.>', 'b.>'], 'lowers'],
  ])('of a stream, %s to %j from %j: %s', (name, wanted, found, effect) => {
    expect(streamDifferences({ [name]: wanted }, { [name]: found })).toEqual([
      { name, wanted, found, effect },
    ]);
  });

  it.each([
    ['ack_wait', 1, 2, 'changes'],
    ['filter_subjects', ['events.a.b', 'replay.p.a.b'], ['events.a.b'], 'adds'],
    ['filter_subjects', ['events.a.b'], ['events.a.b', 'replay.old.a.b'], 'changes'],
    ['filter_subjects', ['events.a.c'], ['events.a.b'], 'moves'],
    ['filter_subjects', ['replay.p.a.b'], ['events.a.b', 'replay.p.a.b'], 'moves'],
  ])('of a consumer, %s to %j from %j: %s', (name, wanted, found, effect) => {
    expect(consumerDifferences({ [name]: wanted }, { [name]: found })).toEqual([
      { name, wanted, found, effect },
    ]);
  });

  it('does not exist if only the order of subjects or the start of a consumer differs', () => {
    expect(streamDifferences({ subjects: ['a', 'b'] }, { subjects: ['b', 'a'] })).toEqual([]);
    const from = { deliver_policy: 'by_start_sequence', opt_start_seq: 7, filter_subject: 'events.a.b' };
    expect(consumerDifferences({ deliver_policy: 'all', filter_subjects: ['events.a.b'] }, from)).toEqual([]);
  });
});

it('merges subjects without subjects that a wider subject covers', () => {
  expect(mergedSubjects(['a.>', 'b.c'], ['a.*', 'a.b.>', 'x', 'b.*'])).toEqual(['x', 'b.*', 'a.>', 'b.c']);
});

it.each([
  ['max_bytes', 1024 ** 3, '1 GiB'],
  ['max_bytes', 1_000, '1000 bytes'],
  ['max_bytes', -1, 'unlimited'],
  ['max_age', 7 * 86_400e9, '7 days'],
  ['ack_wait', 1_500e6, '1500 ms'],
  ['num_replicas', 3, '3'],
  ['allow_msg_schedules', undefined, 'not set'],
])('%s of %s is shown as %s', (name, value, shown) => {
  expect(shownSetting(name, value)).toBe(shown);
});
