import { TRACE_HEADERS } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { assertContract } from '../contract/contract.js';
import { validatorOf } from '../contract/fast/fast-validator.js';
import { UndeclaredEventError, UnrecoverableError } from '../errors.js';
import { classOf, type EventClass } from '../contract/event-class.js';
import type { EventContext } from '../declare/event-context.js';
import { derivedEventId } from '../wire/event-ids.js';
import { bodyFault, outgoingEvent } from './outgoing-event.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/** Returns the next events among the values that a handler returned. */
export function eventsOf(returned: readonly unknown[]): object[] {
  return returned.flat().filter((event) => event !== undefined && event !== null);
}

type Publishing = Pick<ProcessorDeclaration, 'processor' | 'publishes'>;

/**
 * Checks the next events that a handler returned. Returns undefined if all events are declared and pass the fast validator.
 * Otherwise, returns a promise that may reject with the errors of {@link assertPublishable}.
 */
export function checkPublishable(
  events: readonly object[],
  declaration: Publishing,
): Promise<void> | undefined {
  const areSound = events.every((event) => {
    const type = event.constructor as unknown as EventClass;
    return declaration.publishes.includes(type) && validatorOf(type).passes(event);
  });
  return areSound ? undefined : assertAllPublishable(events, declaration);
}

async function assertAllPublishable(events: readonly object[], declaration: Publishing): Promise<void> {
  for (const event of events) await assertPublishable(event, declaration);
}

/**
 * Checks a next event that a processor's handler returned.
 *
 * @throws UndeclaredEventError if the processor does not declare the event
 * @throws UnrecoverableError if the event breaks its contract
 */
export async function assertPublishable(event: object, { processor, publishes }: Publishing): Promise<void> {
  if (!publishes.includes(event.constructor as unknown as EventClass)) {
    const declared = publishes.map((type) => type.name).join(', ') || 'nothing';
    const found = event.constructor?.name ?? typeof event;
    throw new UndeclaredEventError(
      `${processor} returned ${found}, but declares ${declared} under \`publishes\``,
    );
  }
  try {
    await assertContract(event);
  } catch (cause) {
    // The handler would return an invalid event on the next attempt too.
    throw new UnrecoverableError(`${processor} returned an invalid event: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Returns the messages of the next events.
 *
 * @param maxSize maximum size of an event, in bytes
 * @throws UnrecoverableError if an event is too large, or has more values or levels than its consumers would read
 */
export function messagesOf(
  events: readonly object[],
  context: EventContext,
  maxSize: number,
): OutgoingMessage[] {
  return events.map((event, position) => outgoing(event, position, context, maxSize));
}

function outgoing(event: object, position: number, context: EventContext, maxSize: number): OutgoingMessage {
  const { processor, correlationId, eventId: causationId } = context;
  const { name, version } = classOf(event).event;
  const id = derivedEventId(causationId, context.identity, position, context.asNew);
  const stored = { id, name, version, data: event, correlationId, causationId, time: new Date() };
  const message = outgoingEvent(stored, processor, traceOf(context));
  const fault = bodyFault(message.body, maxSize);
  if (fault) throw new UnrecoverableError(`the event for ${message.subject} ${fault}`);
  return message;
}

function traceOf(context: EventContext): Record<string, string> | undefined {
  if (!context.headers['traceparent']) return undefined;
  const present = TRACE_HEADERS.filter((name) => context.headers[name]);
  return Object.fromEntries(present.map((name) => [name, context.headers[name]!]));
}
