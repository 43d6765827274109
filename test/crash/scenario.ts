import type { Trial } from './trial.js';

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  readonly mustShow: string;
  /** Not part of the short form, unless asked for with `--only`: another scenario shows the same sooner. */
  readonly onlyFull?: boolean;
  run(trial: Trial): Promise<void>;
}
