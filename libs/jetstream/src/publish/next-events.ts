import { toHeaders, TRACE_HEADERS } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { boundsFault, isSmall } from '../contract/body-bounds.js';
import { assertContract } from '../contract/contract.js';
import { validatorOf } from '../contract/fast/fast-validator.js';
import { UndeclaredEventError, UnrecoverableError } from '../errors.js';
import { classOf, type EventClass } from '../contract/event-class.js';
import type { EventContext } from '../declare/event-context.js';
import { derivedEventId } from '../wire/event-ids.js';
import { channelOf, typeOf } from '../wire/names.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';

/** The events that a handler returned: one, several, or none. */
export function eventsOf(returned: readonly unknown[]): object[] {
  return returned.flat().filter((event) => event !== undefined && event !== null);
}

type Publishing = Pick<ProcessorDeclaration, 'processor' | 'publishes'>;

/**
 * Checks events that a processor is about to return. Without a promise where all are plainly sound; it rejects with what
 * {@link assertPublishable} throws.
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
 * Checks an event that a processor is about to return.
 *
 * @throws UndeclaredEventError where it is not among those that the processor declares
 * @throws UnrecoverableError where it breaks its contract
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
    // The event that came in is sound; the handler's answer is not, and would not be at the next attempt.
    throw new UnrecoverableError(`${processor} returned an invalid event: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * What is published of the events that a handler returned.
 *
 * @param maxSize bytes that each may have
 * @throws UnrecoverableError if one is too large, or has more values than its consumers would read
 */
export function messagesOf(
  events: readonly object[],
  context: EventContext,
  maxSize: number,
): OutgoingMessage[] {
  return events.map((event, position) => outgoing(event, position, context, maxSize));
}

function assertFits(subject: string, body: Uint8Array, maxSize: number): void {
  const fault = isSmall(body) ? undefined : boundsFault(body);
  if (fault) throw new UnrecoverableError(`the event for ${subject} cannot be published: ${fault}`);
  if (body.length <= maxSize) return;
  throw new UnrecoverableError(
    `the event for ${subject} has ${body.length} bytes; at most ${maxSize} can be published`,
  );
}

function outgoing(event: object, position: number, context: EventContext, maxSize: number): OutgoingMessage {
  const { name, version } = classOf(event).event;
  const id = derivedEventId(context.eventId, context.identity, position, context.asNew);
  const envelope = {
    id,
    source: context.processor,
    type: typeOf(name, version),
    time: new Date(),
    correlationId: context.correlationId,
    causationId: context.eventId,
  };
  const subject = channelOf(name);
  const body = Buffer.from(JSON.stringify(event));
  assertFits(subject, body, maxSize);
  return { subject, body, headers: toHeaders(envelope, traceOf(context)), id };
}

function traceOf(context: EventContext): Record<string, string> | undefined {
  if (!context.headers['traceparent']) return undefined;
  const present = TRACE_HEADERS.filter((name) => context.headers[name]);
  return Object.fromEntries(present.map((name) => [name, context.headers[name]!]));
}
