import { expect, it } from '@jest/globals';
import { runCascade } from './test/session.js';

const run = (...args: string[]) => runCascade(args, { env: {} });

it.each(['flow', 'new processor', 'remove processor', 'failures show', 'failures'])(
  '`help %s` shows the help of that command, not of the one above it',
  async (command) => {
    const shown = await run('help', ...command.split(' '));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(new RegExp(`^Usage: node cascade ${command} `));
  },
);

it('`help` alone shows what there is', async () => {
  expect(await run('help')).toEqual(await run('--help'));
});

it('`help` of a command that there is not suggests the one that may be meant', async () => {
  expect(await run('help', 'flwo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean flow?'),
  });
  expect(await run('help', 'failures', 'shwo')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean show?'),
  });
});
