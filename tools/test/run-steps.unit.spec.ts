import { expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { runSteps } from './run-steps.js';
import { chosenSpecs, readChoice, STEPS, stepsFor, type Step } from './steps.js';

const step = (name: string, script: string, remedy?: string): Step => ({
  name,
  command: ['--eval', script],
  ...(remedy ? { remedy } : {}),
});
const good = step('good', '');
const bad = step('bad', 'process.exit(1)', 'fix it');

async function run(steps: readonly Step[], keepGoing: boolean) {
  const said: string[] = [];
  const ok = await runSteps(steps, process.cwd(), { keepGoing, say: (line) => said.push(line) });
  return { ok, shown: said.join('\n') };
}

it('The run stops at a failed step, and the summary says so, with a remedy', async () => {
  const { ok, shown } = await run([good, bad, good], false);
  expect(ok).toBe(false);
  expect(shown).toMatch(
    /\ngood +ok +\S+ s\nbad +failed +\S+ s\ngood +not run\n\n0 passed, 1 failed, 0 skipped\nbad: fix it\n`npm test -- --keep-going` runs the other steps too\.$/,
  );
});

it('With --keep-going all steps run, and each failure counts', async () => {
  const { ok, shown } = await run([bad, good, bad], true);
  expect(ok).toBe(false);
  expect(shown).toMatch(
    /\nbad +failed .*\ngood +ok .*\nbad +failed .*\n\n0 passed, 2 failed, 0 skipped\nbad: fix it\nbad: fix it$/,
  );
});

it('The summary does not mention --keep-going if all steps ran', async () => {
  expect((await run([good, bad], false)).shown).toMatch(/bad: fix it$/);
  expect(await run([good], false)).toEqual({ ok: true, shown: expect.stringMatching(/0 skipped$/) });
});

it('An interrupt ends the run, even with --keep-going', async () => {
  const waits = step('waits', 'setTimeout(() => {}, 60_000)');
  const said: string[] = [];
  const running = runSteps([waits, good], process.cwd(), { keepGoing: true, say: (line) => said.push(line) });
  let hasEnded = false;
  void running.then(() => (hasEnded = true));
  await eventually(() => {
    process.emit('SIGTERM', 'SIGTERM');
    expect(hasEnded).toBe(true);
  });
  expect(await running).toBe(false);
  expect(said.join('\n')).toMatch(/\nwaits +failed .*\ngood +not run\n/);
});

it('A format fault names the command that formats', () => {
  expect(STEPS.find(({ name }) => name === 'format')?.remedy).toBe('Run `npm run format`.');
});

it('Parts of paths and options of Jest go to Jest, options of npm test do not', () => {
  expect(readChoice(['libs/outbox', '--keep-going', '--bail'])).toEqual({
    keepGoing: true,
    forJest: ['libs/outbox', '--bail'],
  });
  expect(readChoice([])).toEqual({ keepGoing: false, forJest: [] });
  expect(chosenSpecs(['libs/outbox']).command.at(-1)).toBe('libs/outbox');
});

it('--changed may name a commit', () => {
  expect(readChoice(['--changed'])).toEqual({ keepGoing: false, changed: { since: undefined }, forJest: [] });
  expect(readChoice(['--changed=v1.0'])).toEqual({
    keepGoing: false,
    changed: { since: 'v1.0' },
    forJest: [],
  });
});

it('A change has steps for the files and specs that it touches', () => {
  const steps = stepsFor(['README.md', 'a.ts'], ['a.unit.spec.ts', 'a.int.spec.ts']);
  expect(steps.map(({ name, command }) => [name, command.slice(-2)])).toEqual([
    ['format', ['README.md', 'a.ts']],
    ['lint', ['--no-warn-ignored', 'a.ts']],
    ['types', ['-p', 'tsconfig.json']],
    ['unit', ['--runTestsByPath', 'a.unit.spec.ts']],
    ['integration', ['--runTestsByPath', 'a.int.spec.ts']],
  ]);
  expect(stepsFor(['README.md'], []).map(({ name }) => name)).toEqual(['format']);
  expect(stepsFor([], ['a.unit.spec.ts']).map(({ name }) => name)).toEqual(['types', 'unit']);
  expect(stepsFor([], [])).toEqual([]);
});
