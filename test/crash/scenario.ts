import type { Trial } from './trial.js';

export interface Scenario {
  /** Name for `--only`. */
  readonly name: string;
  readonly mustShow: string;
  /** True if the short form leaves it out, because another scenario shows the same sooner. `--only` runs it anyway. */
  readonly onlyFull?: boolean;
  run(trial: Trial): Promise<void>;
}
