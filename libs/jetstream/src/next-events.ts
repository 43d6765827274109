import { toHeaders, TRACE_HEADERS } from './cloud-events.js';
import type { OutgoingMessage } from './outgoing-message.js';
import { assertContract } from './contract.js';
import { rulesOf } from './contract-rules.js';
import { UndeclaredEventError, UnrecoverableError } from './errors.js';
import { classOf, type EventClass } from './event-class.js';
import type { EventContext } from './event-context.js';
import { derivedEventId } from './event-ids.js';
import { channelOf, typeOf } from './names.js';
import type { ProcessorDeclaration } from './processor-options.js';

/**
 * The events that a handler returned, ready to be published.
 *
 * @param maxSize bytes that each may have
 * @throws UndeclaredEventError where one is not among those that the processor declares
 * @throws UnrecoverableError where one breaks its contract or is too large
 */
export async function nextEvents(
  returned: readonly unknown[],
  declaration: ProcessorDeclaration,
  context: EventContext,
  maxSize: number,
): Promise<OutgoingMessage[]> {
  const events = returned.flat().filter((event) => event !== undefined && event !== null) as object[];
  for (const event of events) {
    if (!isPublishable(event, declaration)) await assertPublishable(event, declaration);
  }
  return events.map((event, position) => outgoing(event, position, context, maxSize));
}

/** At once, for those that need no closer look. */
function isPublishable(event: object, { publishes }: Pick<ProcessorDeclaration, 'publishes'>): boolean {
  const type = event.constructor as unknown as EventClass;
  return publishes.includes(type) && rulesOf(type).hold(event);
}

/**
 * Checks an event that a processor is about to return.
 *
 * @throws UndeclaredEventError where it is not among those that the processor declares
 * @throws UnrecoverableError where it breaks its contract
 */
export async function assertPublishable(
  event: object,
  { processor, publishes }: Pick<ProcessorDeclaration, 'processor' | 'publishes'>,
): Promise<void> {
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

function assertFits(subject: string, body: Uint8Array, maxSize: number): void {
  if (body.length <= maxSize) return;
  throw new UnrecoverableError(
    `the event for ${subject} has ${body.length} bytes; at most ${maxSize} can be published`,
  );
}

function outgoing(event: object, position: number, context: EventContext, maxSize: number): OutgoingMessage {
  const { name, version } = classOf(event).event;
  const id = derivedEventId(context.eventId, context.processor, position);
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
