/** A process or server that the supervisor keeps running: the broker, the mail catcher, a service. */
export interface Part {
  readonly name: string;
  /**
   * Starts the part once, and resolves when it is ready.
   *
   * @throws Error if it did not become ready, with the reason. Nothing of it is left running.
   */
  start(options: StartOptions): Promise<Run>;
}

export interface StartOptions {
  /** Receives every line of the part's output. */
  onLine(this: void, line: string): void;
  /** Aborts when the system stops before the part is ready. */
  readonly signal: AbortSignal;
}

export interface Run {
  /** Address for people, without credentials. */
  readonly url: string;
  /** Address for other parts, if not `url`. */
  readonly address?: string;
  /** A remark for the table, such as a port that was taken. */
  readonly note?: string;
  /** Missing if someone else runs the server. */
  readonly pid?: number;
  /** Resolves when the part ends, with the way it ended ("exited with code 1"). Never rejects. */
  readonly ended: Promise<string>;
  /** Asks the part to end, kills it after `graceMs`, and resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

/** `restarting` after a death; `failed` after the last attempt; `stopped` before the first start, and after a stop. */
export type PartState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';
