/** The name and version of an event, declared once at its class as `static readonly event`. */
export interface EventName {
  /** `<entity>.<past-tense verb>` in kebab-case; the channel is `events.<name>`. */
  readonly name: string;
  /** Major version: raised when a change would break a consumer of the version before. */
  readonly version: number;
  /**
   * The class of the version before. The class that names it has a `static upcast(old)`, which makes an event of its own
   * version from one of that version; see docs/versions.md.
   */
  readonly replaces?: { new (...args: never[]): object; readonly event: EventName };
}

/** The fields that a constructor of an event takes: those of the class, methods left out. */
export type Fields<Event> = {
  [Key in keyof Event as Event[Key] extends (...args: never[]) => unknown ? never : Key]: Event[Key];
};
