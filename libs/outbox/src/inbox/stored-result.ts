import { classOf, upcast, versionsOf, type EventClass } from '@cascade/jetstream';
import { plainToInstance } from 'class-transformer';

/** Result of a handler, as stored in a mark: one event, several events, or nothing. */
export type StoredResult = StoredEvent | null | StoredResult[];

interface StoredEvent {
  name: string;
  version: number;
  data: object;
}

/** Thrown if a mark contains an event that the processor once returned but no longer declares. */
export class ForgottenEventError extends Error {
  override readonly name = 'ForgottenEventError';

  constructor({ name, version }: StoredEvent, processor: string) {
    super(
      `${processor} returned ${name}.v${version} when it handled this event, but no longer declares it under \`publishes\`. ` +
        'Declare it for as long as the broker may deliver the event again.',
    );
  }
}

export function storedResult(returned: unknown): StoredResult {
  if (Array.isArray(returned)) return returned.map(storedResult);
  if (returned === undefined || returned === null) return null;
  const { name, version } = classOf(returned).event;
  return { name, version, data: returned };
}

/**
 * Converts a result of {@link storedResult} back to instances of the declared classes. Upcasts an event if the processor now
 * declares a newer version.
 *
 * @throws ForgottenEventError
 */
export function revivedResult(
  stored: StoredResult,
  { processor, publishes }: { processor: string; publishes: readonly EventClass[] },
): unknown {
  if (Array.isArray(stored)) return stored.map((part) => revivedResult(part, { processor, publishes }));
  if (stored === null) return undefined;
  const isReturned = ({ event }: EventClass) =>
    event.name === stored.name && event.version === stored.version;
  const declared =
    publishes.find(isReturned) ?? publishes.find((newer) => versionsOf(newer).some(isReturned));
  if (!declared) throw new ForgottenEventError(stored, processor);
  const returned = versionsOf(declared).find(isReturned) as unknown as new () => object;
  return upcast(plainToInstance(returned, stored.data), declared);
}
