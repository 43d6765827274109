/** One thing that the supervisor keeps running: the broker, the mail catcher, a service. */
export interface Part {
  readonly name: string;
  /**
   * Starts it once, and resolves when it is ready for use.
   *
   * @throws When it did not become ready; nothing of it is left running then. The message says why.
   */
  start(options: StartOptions): Promise<Run>;
}

export interface StartOptions {
  /** Takes every line that the part writes. */
  onLine(this: void, line: string): void;
  /** Aborted when the system stops before the part is ready. */
  readonly signal: AbortSignal;
}

/** A part from the moment it is ready until it ends. */
export interface Run {
  /** Where people reach it; without credentials. */
  readonly url: string;
  /** What other parts are told to connect to, where that is not `url`. */
  readonly address?: string;
  /** What else is worth a remark in the table, such as a port that was taken. */
  readonly note?: string;
  /** Missing where the part is a server that somebody else runs. */
  readonly pid?: number;
  /** Resolves when the run is over, to how it ended ("exited with code 1"). Never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to end, kills it after `graceMs`, and resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** `restarting` after a death; `failed` for good; `stopped` before its first start, and when told to. */
export type PartState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';
