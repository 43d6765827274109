/** What was asked for cannot be generated, or not be taken out. Nothing was written. */
export class GeneratorError extends Error {
  override readonly name: string = 'GeneratorError';

  constructor(
    message: string,
    /** What to do about it, one sentence each. */
    readonly remedies: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A name that is none, that is not known, or that is taken. */
export class RefusedNameError extends GeneratorError {
  override readonly name = 'RefusedNameError';
}
