import { expect, it } from '@jest/globals';
import { runCascade } from './test/session.js';

const run = (...args: string[]) => runCascade(args, { env: {} });

it.each(['flow', 'new processor', 'remove processor', 'failures show', 'failures'])(
  '`help %s` shows the help of that command, not of its parent',
  async (command) => {
    const shown = await run('help', ...command.split(' '));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(new RegExp(`^Usage: node cascade ${command} `));
  },
);

it('`help` alone shows all commands', async () => {
  expect(await run('help')).toEqual(await run('--help'));
});

it('`help` of an unknown command suggests the most similar one', async () => {
  expect(await run('help', 'flwo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean flow?'),
  });
  expect(await run('help', 'failures', 'shwo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean show?'),
  });
});
