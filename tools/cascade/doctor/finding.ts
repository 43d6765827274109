export interface Finding {
  readonly about: string;
  /** Severity of the finding. A `note` is worth knowing, but is not a fault. */
  readonly level: 'ok' | 'note' | 'fault';
  readonly says: string;
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
