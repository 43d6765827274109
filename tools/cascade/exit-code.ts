/** Exit codes of `node cascade`. */
export const ExitCode = {
  ok: 0,
  /** The command failed, or found differences, faults or nothing. */
  failed: 1,
  /** The call was invalid. */
  usage: 2,
} as const;
