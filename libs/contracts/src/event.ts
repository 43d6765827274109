/** The name and version of an event, declared once at its class as `static readonly event`. */
export interface EventName {
  /** `<entity>.<past-tense verb>` in kebab-case; the channel is `events.<name>`. */
  readonly name: string;
  /** Major version. It grows if a change would break a consumer of the version before. */
  readonly version: number;
  /**
   * The class of the version before. A class with `replaces` has a `static upcast(old)`, which converts an event of that version to
   * its own version; see docs/versions.md.
   */
  readonly replaces?: { new (...args: never[]): object; readonly event: EventName };
}

/** The fields that the constructor of an event takes: those of the class, without methods. */
export type Fields<Event> = {
  [Key in keyof Event as Event[Key] extends (...args: never[]) => unknown ? never : Key]: Event[Key];
};
