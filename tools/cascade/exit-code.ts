export const ExitCode = {
  ok: 0,
  /** The command failed, or found differences, faults or nothing. */
  failed: 1,
  usage: 2,
} as const;
