/** A processor cannot be generated or removed. Nothing was written. */
export class GeneratorError extends Error {
  override readonly name: string = 'GeneratorError';

  constructor(
    message: string,
    /** What to do, one sentence each. */
    readonly remedies: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class RefusedNameError extends GeneratorError {
  override readonly name = 'RefusedNameError';
}
