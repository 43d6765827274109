/** What one check found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly about: string;
  /** `note`: worth knowing, and nothing is wrong. */
  readonly level: 'ok' | 'note' | 'fault';
  readonly says: string;
  /** What to do about a fault. */
  readonly remedy?: string;
}

export const ok = (about: string, says: string): Finding => ({ about, level: 'ok', says });
export const note = (about: string, says: string): Finding => ({ about, level: 'note', says });
export const fault = (about: string, says: string, remedy: string): Finding => ({
  about,
  level: 'fault',
  says,
  remedy,
});
