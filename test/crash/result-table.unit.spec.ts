import { expect, it } from '@jest/globals';
import { resultTable } from './result-table.js';
import { Trial } from './trial.js';

it('The table has the load, the figures, the claim and the verdict of each scenario', () => {
  const rows = [0, 1].map((lost) => {
    const trial = new Trial({ name: 'kill', seed: 1, short: true, log: () => undefined });
    trial.done = '30 kills | 200/s';
    trial.figure(`lost ${lost}`);
    trial.figure('1 extra mail');
    trial.expectEqual('lost', lost, 0);
    return { trial, seconds: 1, scenario: { name: 'kill', mustShow: 'lost 0', run: async () => undefined } };
  });
  expect(resultTable(rows).split('\n')).toEqual([
    '| scenario | what was done | figures | must show | ok |',
    '| --- | --- | --- | --- | --- |',
    '| kill | 30 kills \\| 200/s | lost 0; 1 extra mail | lost 0 | yes |',
    '| kill | 30 kills \\| 200/s | lost 1; 1 extra mail | lost 0 | no |',
  ]);
});
