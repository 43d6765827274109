import type { Trial } from './trial.js';

export interface Scenario {
  /** Name by which `--only` selects the scenario. */
  readonly name: string;
  readonly mustShow: string;
  /**
   * True if the short form leaves out the scenario, because another scenario shows the same behavior in less time. `--only` runs
   * the scenario even in the short form.
   */
  readonly onlyFull?: boolean;
  run(trial: Trial): Promise<void>;
}
