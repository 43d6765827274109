import { createInbox, headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskAdded } from '../fixtures/task-added.js';

export interface PlainEvent {
  readonly subject: string;
  readonly body: unknown;
  /** Id of the event. Default: a new id. */
  readonly id?: string;
  /** `Nats-Msg-Id`, by which the broker recognizes a duplicate. Default: no id, so that the broker stores each message. */
  readonly messageId?: string;
}

/** Maximum number of unconfirmed messages in flight. */
const WINDOW = 1_000;

/**
 * Publishes many events concurrently, as a plain client does. Resolves to the number of events when all events are confirmed.
 *
 * @param rate Number of events per second. Default: as fast as possible.
 * @throws Error if the broker refuses an event
 */
export async function publishAll(
  connection: NatsConnection,
  events: Iterable<PlainEvent>,
  rate = Infinity,
): Promise<number> {
  const inbox = createInbox();
  let [sent, confirmed] = [0, 0];
  let [refusal, more] = [undefined as string | undefined, () => {}];
  const acks = connection.subscribe(inbox, {
    callback: (_error, message) => {
      const { error } = message.json<{ error?: { description: string } }>();
      refusal ??= error?.description;
      confirmed += 1;
      more();
    },
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      if (refusal) throw new Error(`The broker refuses an event: ${refusal}`);
      await new Promise<void>((resolve) => (more = resolve));
    }
  };
  const begun = performance.now();
  for (const { subject, body, id = randomUUID(), messageId } of events) {
    const headers = natsHeaders();
    headers.set('ce-id', id);
    if (messageId) headers.set('Nats-Msg-Id', messageId);
    connection.publish(subject, JSON.stringify(body), { headers, reply: inbox });
    sent += 1;
    if (sent - confirmed >= WINDOW) await until(() => sent - confirmed < WINDOW / 2);
    const early = begun + (sent / rate) * 1_000 - performance.now();
    if (early > 1) await sleep(early);
  }
  await until(() => confirmed === sent);
  acks.unsubscribe();
  return sent;
}

/** Generates `count` task events with the numbers `from`, `from + 1`, … */
export function* tasks(
  count: number,
  isPoison: (number: number) => boolean = () => false,
  from = 0,
): Generator<PlainEvent> {
  for (let number = from; number < from + count; number++) {
    const body = new TaskAdded({ number, isPoison: isPoison(number), addedAt: Date.now() });
    yield { subject: 'events.task.added', body };
  }
}
