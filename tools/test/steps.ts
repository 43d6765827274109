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

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

/** Specs with real servers mostly wait, so two files run at once, even if Jest would run one on two cores. */
const TWO_AT_ONCE = '--maxWorkers=2';
const ONE_AT_ONCE = '--maxWorkers=1';

const KEEP_GOING = '--keep-going';

/** Cheap steps come first, because the run stops at the first failure. */
export const STEPS: readonly Step[] = [
  {
    name: 'format',
    command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    remedy: '`npm run format` corrects it.',
  },
  { name: 'lint', command: ['node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  jest('unit', ['--testPathPatterns', String.raw`\.unit\.spec\.ts$`]),
  jest('integration', ['--testPathPatterns', String.raw`\.int\.spec\.ts$`, TWO_AT_ONCE]),
  // The processes of one spec use all cores: compilers, linters, whole systems.
  jest('end to end', ['--testPathPatterns', String.raw`\.e2e\.spec\.ts$`, ONE_AT_ONCE]),
];

/** `npm test -- libs/outbox` runs only those specs, with any options of Jest. `--keep-going` continues after a failed step. */
export function chosenSteps(args: readonly string[]): { steps: readonly Step[]; keepGoing: boolean } {
  const forJest = args.filter((arg) => arg !== KEEP_GOING);
  return {
    steps: forJest.length === 0 ? STEPS : [jest('chosen specs', forJest)],
    keepGoing: forJest.length < args.length,
  };
}

function jest(name: string, args: readonly string[]): Step {
  return { name, command: [...JEST, ...args], isJest: true };
}
