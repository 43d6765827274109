/** One step of `npm test`. */
export interface Step {
  readonly name: string;
  /** Path of a Node script, relative to the checkout, followed by its arguments. */
  readonly command: readonly string[];
  /** True for Jest, which reports the number of tests. */
  readonly isJest?: boolean;
  /** Instruction after a failure; undefined if the output already contains an instruction. */
  readonly remedy?: string;
}

export const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

const KEEP_GOING = '--keep-going';
const CHANGED = /^--changed(?:=(.+))?$/;

/** Matches files that the linter and the type checker read. */
const LINTED = /\.(?:ts|mjs|js)$/;

const PRETTIER = ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn'];
const ESLINT = 'node_modules/eslint/bin/eslint.js';
const TYPES: Step = { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] };

/**
 * Kinds of specs, fastest first. Specs with real servers mostly wait, so two files run at the same time. By default, Jest would
 * run only one file on two cores.
 */
const KINDS = [
  { name: 'unit', ending: '.unit.spec.ts', options: [] },
  { name: 'integration', ending: '.int.spec.ts', options: ['--maxWorkers=2'] },
  // The processes of these specs already use all cores: compilers, linters, whole systems.
  { name: 'end to end', ending: '.e2e.spec.ts', options: ['--maxWorkers=1'] },
];

/** All steps of `npm test`. The run ends after a failed step, unless `--keep-going` is given. */
export const STEPS: readonly Step[] = [
  format(['.']),
  lint(['.']),
  TYPES,
  ...KINDS.map(({ name, ending, options }) =>
    jest(name, ['--testPathPatterns', `${ending.replaceAll('.', String.raw`\.`)}$`, ...options]),
  ),
];

/**
 * Returns the steps for a change: format and lint of the changed files, and the given specs. If code was changed, all types are
 * checked.
 */
export function stepsFor(changedFiles: readonly string[], specs: readonly string[]): readonly Step[] {
  const code = changedFiles.filter((file) => LINTED.test(file));
  return [
    ...(changedFiles.length > 0 ? [format(['--ignore-unknown', ...changedFiles])] : []),
    ...(code.length > 0 ? [lint(['--no-warn-ignored', ...code])] : []),
    // A removed file, a setting or another package can break types too. Such a change touches specs.
    ...(code.length + specs.length > 0 ? [TYPES] : []),
    ...KINDS.flatMap(({ name, ending, options }) => {
      const chosen = specs.filter((spec) => spec.endsWith(ending));
      return chosen.length > 0 ? [jest(name, [...options, '--runTestsByPath', ...chosen])] : [];
    }),
  ];
}

export interface Choice {
  /** True to run the remaining steps after a failed step. */
  readonly keepGoing: boolean;
  /**
   * Limits the run to the specs that a change may affect. Without `since`, the change begins at the commit where this branch left
   * main.
   */
  readonly changed?: { readonly since: string | undefined };
  /** Remaining arguments, which go to Jest: parts of paths, and options. */
  readonly forJest: readonly string[];
}

/** Reads the arguments after `npm test --`. */
export function readChoice(args: readonly string[]): Choice {
  const match = args.map((arg) => CHANGED.exec(arg)).find((found) => found !== null);
  return {
    keepGoing: args.includes(KEEP_GOING),
    ...(match ? { changed: { since: match[1] } } : {}),
    forJest: args.filter((arg) => arg !== KEEP_GOING && !CHANGED.test(arg)),
  };
}

export function chosenSpecs(forJest: readonly string[]): Step {
  return jest('chosen specs', forJest);
}

function format(args: readonly string[]): Step {
  return { name: 'format', command: [...PRETTIER, ...args], remedy: 'Run `npm run format`.' };
}

function lint(args: readonly string[]): Step {
  return { name: 'lint', command: [ESLINT, ...args] };
}

function jest(name: string, args: readonly string[]): Step {
  return { name, command: [...JEST, ...args], isJest: true };
}
