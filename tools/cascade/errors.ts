import { ExitCode } from './exit-code.js';

/** A command cannot do what it was asked to, for a reason that people can act on: shown without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number = ExitCode.failed;

  constructor(
    message: string,
    /** What to do about it, one sentence each. */
    readonly remedies: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An argument or option that cannot be understood. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  override readonly exitCode = ExitCode.usage;
}
