import { AckPolicy, jetstream, type JsMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { nextFieldsOf, SENT, SIGNED_UP, type SignedUp } from '../events.js';

/**
 * The loop of the nats.js documentation ("Iterators, Callbacks, and Concurrency"): consume, await `publish`, acknowledge. Handles
 * 1,000 messages concurrently, or one message after the other if `sequential` is set.
 */
const { sequential } = JSON.parse(process.env['BENCH'] ?? '{}') as { sequential?: boolean };
const connection = await connect({ servers: process.env['NATS_URL']! });
const client = jetstream(connection);
const { consumers } = await client.jetstreamManager();
await consumers.add('EVENTS', {
  durable_name: 'hop',
  ack_policy: AckPolicy.Explicit,
  filter_subject: SIGNED_UP,
});

async function hop(message: JsMsg): Promise<void> {
  const id = `hop-${message.seq}`;
  const next = nextFieldsOf(message.json<SignedUp>(), id);
  await client.publish(SENT, JSON.stringify(next), { msgID: id });
}

const consumer = await client.consumers.get('EVENTS', 'hop');
const messages = await consumer.consume({ max_messages: 1_000 });
for await (const message of messages) {
  const hopped = hop(message)
    .then(() => message.ack())
    .catch(() => message.nak());
  if (sequential) await hopped;
}
