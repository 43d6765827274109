import type { Trial } from './trial.js';

export interface Scenario {
  /** Name of the scenario, which `--only` accepts. */
  readonly name: string;
  readonly mustShow: string;
  /**
   * True if the short form leaves out the scenario, because another scenario shows the same behavior sooner. `--only` runs the
   * scenario anyway.
   */
  readonly onlyFull?: boolean;
  run(trial: Trial): Promise<void>;
}
