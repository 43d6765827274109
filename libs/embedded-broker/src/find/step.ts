/** What every step of the search may use. */
export interface Search {
  /** Read for `PATH`, `CASCADE_CACHE` and `NATS_SERVER_MIRROR`, and handed to the programs that a step runs. */
  env: NodeJS.ProcessEnv;
  /** The project's cache folder (`.cache`); a step puts nothing anywhere else. */
  cacheDir: string;
  /** Takes one line for people, told before a step that may take seconds. */
  report: (line: string) => void;
}

export interface StepFailure {
  /** What the person at the keyboard can do about it. */
  remedy?: string;
  /** There was simply nothing to find: no reason to speak of it while a later step may succeed. */
  expected?: boolean;
  cause?: unknown;
}

/** A step of the search found no usable nats-server; the message says what happened. The next step is tried. */
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
