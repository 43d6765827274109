/** Name and version of an event. An event class declares them as `static readonly event`. */
export interface EventName {
  /** Name in the form `<entity>.<past-tense verb>`, in kebab-case. The channel is `events.<name>`. */
  readonly name: string;
  /** Major version. A change that would break a consumer of the previous version needs a new major version. */
  readonly version: number;
  /**
   * Class of the previous version. A class with `replaces` also has a `static upcast(old)` (see docs/versions.md). This method
   * converts an event of the previous version to this version.
   */
  readonly replaces?: { new (...args: never[]): object; readonly event: EventName };
}

/** Fields that the constructor of an event class takes. These are all properties of the class except its methods. */
export type Fields<Event> = {
  [Key in keyof Event as Event[Key] extends (...args: never[]) => unknown ? never : Key]: Event[Key];
};
