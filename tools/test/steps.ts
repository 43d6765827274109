/** One step of `npm test`. */
export interface Step {
  readonly name: string;
  /** A script of Node, relative to the checkout, with its arguments. */
  readonly command: readonly string[];
  /** True for Jest, which reports the number of its tests. */
  readonly isJest?: boolean;
  /** What to do after a failure, unless the output says it. */
  readonly remedy?: string;
}

export const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

const KEEP_GOING = '--keep-going';
const CHANGED = /^--changed(?:=(.+))?$/;

/** Formatter and linter are given files only if something can be checked in them. */
const LINTED = /\.(?:ts|mjs|js)$/;

const PRETTIER = ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn'];
const ESLINT = 'node_modules/eslint/bin/eslint.js';
const TYPES: Step = { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] };

/** Cheap specs come first. Specs with real servers mostly wait, so two files run at once, even if Jest would run one on two cores. */
const KINDS = [
  { name: 'unit', ending: '.unit.spec.ts', options: [] },
  { name: 'integration', ending: '.int.spec.ts', options: ['--maxWorkers=2'] },
  // Their processes take all cores by themselves: compilers, linters, whole systems.
  { name: 'end to end', ending: '.e2e.spec.ts', options: ['--maxWorkers=1'] },
];

/** The first step that fails is the last one, unless told otherwise. */
export const STEPS: readonly Step[] = [
  format(['.']),
  lint(['.']),
  TYPES,
  ...KINDS.map(({ name, ending, options }) =>
    jest(name, ['--testPathPatterns', `${ending.replaceAll('.', String.raw`\.`)}$`, ...options]),
  ),
];

/** Steps for a change: format and lint of the changed files, all types, and the specs that it touches. */
export function stepsFor(changedFiles: readonly string[], specs: readonly string[]): readonly Step[] {
  const code = changedFiles.filter((file) => LINTED.test(file));
  return [
    ...(changedFiles.length > 0 ? [format(['--ignore-unknown', ...changedFiles])] : []),
    ...(code.length > 0 ? [lint(['--no-warn-ignored', ...code]), TYPES] : []),
    ...KINDS.flatMap(({ name, ending, options }) => {
      const chosen = specs.filter((spec) => spec.endsWith(ending));
      return chosen.length > 0 ? [jest(name, [...options, '--runTestsByPath', ...chosen])] : [];
    }),
  ];
}

export interface Choice {
  /** Also the steps after one that failed. */
  readonly keepGoing: boolean;
  /** Only what a change touches: the change since this commit, or since this branch left main. */
  readonly changed?: { readonly since: string | undefined };
  /** The rest goes to Jest: parts of paths, and options. */
  readonly forJest: readonly string[];
}

/** Reads what follows `npm test --`. */
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
