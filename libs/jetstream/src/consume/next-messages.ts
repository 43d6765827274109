import type { NatsConnection } from '@nats-io/transport-node';
import { read } from '../contract/contract.js';
import { EventContext } from '../declare/event-context.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { AttemptsExhaustedError } from '../errors.js';
import type { Handle } from '../nest/nest-handler.js';
import { checkPublishable, eventsOf, messagesOf } from '../publish/next-events.js';
import type { Delivery } from '../settle/delivery.js';
import { CloudEventHeader } from '../wire/cloud-events.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxEvent } from '../wire/payload-limits.js';

interface Handling {
  readonly handle: Handle;
  readonly declaration: ProcessorDeclaration;
  readonly connection: NatsConnection;
}

/**
 * Reads the event of a delivery, calls its handler, and resolves to the messages of the next events. This function is separate,
 * so that the event can be garbage-collected while these messages are in flight.
 *
 * @throws AttemptsExhaustedError if the event has been delivered more times than its processor's `attempts` allow
 * @throws InvalidEventError if the event cannot be read, or breaks its contract
 * @throws UnrecoverableError if the handler returned an event that cannot be published
 * @throws any error that the handler throws
 */
export async function nextMessages(
  delivery: Delivery,
  { handle, declaration, connection }: Handling,
): Promise<OutgoingMessage[]> {
  const { consumes, processor, publishes, attempts, identity } = declaration;
  if (delivery.attempt > attempts) {
    throw new AttemptsExhaustedError(
      `delivered ${delivery.attempt} times and never settled: the process crashed or lost the broker each time`,
    );
  }
  const metadata = delivery.metadata(consumes);
  const ceType = metadata.headers[CloudEventHeader.type];
  const reading = read(consumes, delivery.body, ceType);
  const event = reading instanceof Promise ? await reading : reading;
  const context = new EventContext(metadata, processor, publishes, identity);
  const next = eventsOf(await handle(event, context));
  const checking = checkPublishable(next, declaration);
  if (checking) await checking;
  return messagesOf(next, context, maxEvent(connection));
}
