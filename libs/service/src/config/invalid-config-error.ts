/** Thrown if the environment does not fit the config class. The message lists every fault, without secrets. */
export class InvalidConfigError extends Error {
  override readonly name = 'InvalidConfigError';

  constructor(readonly faults: readonly string[]) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
    super(`The environment has ${count}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
