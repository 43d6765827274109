export interface SeenEvent {
  readonly id: string;
  /** Name of the event, such as `user.signed-up`. */
  readonly name: string;
  readonly source: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  /** Time from the request until the event was recorded, in milliseconds. */
  readonly afterMs: number;
  /** Reason why the processor gave up; set only for a failure event. */
  readonly failure?: string;
}

/** The events of a complete signup. */
const EXPECTED = [
  { name: 'user.signed-up', cause: undefined },
  { name: 'notification.sent', cause: 'user.signed-up' },
  { name: 'user.metadata-recorded', cause: 'user.signed-up' },
  { name: 'user.metadata-recorded', cause: 'notification.sent' },
] as const;

/** @returns descriptions of the missing events; empty if the flow is complete */
export function missingFrom(events: readonly SeenEvent[]): string[] {
  const isThere = ({ name, cause }: (typeof EXPECTED)[number]) =>
    events.some((event) => event.name === name && !event.failure && causeOf(event, events) === cause);
  return EXPECTED.filter((expected) => !isThere(expected)).map(({ name, cause }) =>
    cause ? `${name} after ${cause}` : name,
  );
}

function causeOf({ causationId }: SeenEvent, events: readonly SeenEvent[]): string | undefined {
  return events.find(({ id }) => id === causationId)?.name;
}
