/** Input of every step of the search. */
export interface Search {
  /**
   * Environment with `PATH`, `CASCADE_CACHE` and `NATS_SERVER_MIRROR`. Steps pass this environment to tools such as apt, Docker
   * and tar.
   */
  env: NodeJS.ProcessEnv;
  /** Cache folder of the project (`.cache`). A step writes to no other folder. */
  cacheDir: string;
  /** Reports a line to the user before a step that may take seconds. */
  report: (line: string) => void;
}

export interface StepFailure {
  /** Advice for the user. */
  remedy?: string;
  /** True if the failure is normal, because there was nothing to find. The failure is then reported only if all steps fail. */
  expected?: boolean;
  cause?: unknown;
}

/**
 * Thrown if a step of the search found no usable nats-server. The message contains the reason. The search then tries the next
 * step.
 */
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
