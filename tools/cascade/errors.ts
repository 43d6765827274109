import { ExitCode } from './exit-code.js';

/** Command error whose cause the user can remove. The error is shown without a stack. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number = ExitCode.failed;

  constructor(
    message: string,
    /** Instructions for the user, one sentence each. */
    readonly remedies: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class UsageError extends CommandError {
  override readonly name = 'UsageError';
  override readonly exitCode = ExitCode.usage;
}
