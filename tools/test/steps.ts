/** One step of `npm test`. */
export interface Step {
  readonly name: string;
  /** A script of Node, relative to the checkout, with its arguments. */
  readonly command: readonly string[];
  /** Whether the script is Jest, so that it reports how many tests it ran. */
  readonly isJest?: boolean;
  /** What to do where it fails, unless its output says that. */
  readonly remedy?: string;
}

const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

/** Specs with real servers wait more than they compute: two files at once, also where Jest would run one on two cores. */
const TWO_AT_ONCE = '--maxWorkers=2';
const ONE_AT_ONCE = '--maxWorkers=1';

const KEEP_GOING = '--keep-going';

/** Cheap ones first: the first step that fails is the last one, unless told otherwise. */
export const STEPS: readonly Step[] = [
  {
    name: 'format',
    command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    remedy: '`npm run format` mends it.',
  },
  { name: 'lint', command: ['node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
  jest('unit', ['--testPathPatterns', String.raw`\.unit\.spec\.ts$`]),
  jest('integration', ['--testPathPatterns', String.raw`\.int\.spec\.ts$`, TWO_AT_ONCE]),
  // Their processes take all cores by themselves: compilers, linters, whole systems.
  jest('end to end', ['--testPathPatterns', String.raw`\.e2e\.spec\.ts$`, ONE_AT_ONCE]),
];

/**
 * `npm test -- libs/outbox`: those specs alone, with any options of Jest. `npm test -- --keep-going`: also the steps after one that
 * failed.
 */
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
