/** Input of every step of the search. */
export interface Search {
  /** Has `PATH`, `CASCADE_CACHE` and `NATS_SERVER_MIRROR`. Also the environment of the programs that a step runs. */
  env: NodeJS.ProcessEnv;
  /** Cache folder of the project (`.cache`). A step writes nowhere else. */
  cacheDir: string;
  /** Takes a line for the user, before a step that may take seconds. */
  report: (line: string) => void;
}

export interface StepFailure {
  /** Advice for the user. */
  remedy?: string;
  /** True if there was nothing to find. Then the failure is reported only if all steps fail. */
  expected?: boolean;
  cause?: unknown;
}

/** A step of the search found no usable nats-server, for the reason in the message. The next step is tried. */
export class StepFailedError extends Error {
  readonly remedy: string | undefined;
  readonly expected: boolean;

  constructor(message: string, { remedy, expected = false, cause }: StepFailure = {}) {
    super(message, { cause });
    this.name = 'StepFailedError';
    this.remedy = remedy;
    this.expected = expected;
  }
}
