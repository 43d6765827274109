/** What `node cascade` ends with. */
export const ExitCode = {
  ok: 0,
  /** It found differences or faults, or could not do what it was asked to. */
  failed: 1,
  /** It was asked in a way that it does not understand. */
  usage: 2,
} as const;
