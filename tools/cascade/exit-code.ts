export const ExitCode = {
  ok: 0,
  /** The command failed, found differences or faults, or found nothing. */
  failed: 1,
  usage: 2,
} as const;
