/** What `node cascade` ends with. */
export const ExitCode = {
  ok: 0,
  /** It found differences or faults, or not what it was asked for, or could not do it. */
  failed: 1,
  /** It was asked in a way that it does not understand. */
  usage: 2,
} as const;
