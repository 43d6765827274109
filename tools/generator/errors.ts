/** Error for a processor that cannot be generated or removed. Nothing was written. */
export class GeneratorError extends Error {
  override readonly name: string = 'GeneratorError';

  constructor(
    message: string,
    /** Instructions for the user, one sentence each. */
    readonly remedies: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class RefusedNameError extends GeneratorError {
  override readonly name = 'RefusedNameError';
}
