import { AckPolicy, jetstream, type JsMsg } from '@nats-io/jetstream';
import { connect, createInbox, headers } from '@nats-io/transport-node';
import { nextFieldsOf, SENT, SIGNED_UP, type SignedUp } from '../events.js';

/**
 * The cheapest possible hop with the NATS client. The hop uses neither Nest nor a contract. The only header is the message id,
 * and all PubAcks share one subscription. The loop does not notice a missing PubAck.
 */
const connection = await connect({ servers: process.env['NATS_URL']!, noAsyncTraces: true });
const client = jetstream(connection);
const { consumers } = await client.jetstreamManager();
await consumers.add('EVENTS', {
  durable_name: 'hop',
  ack_policy: AckPolicy.Explicit,
  filter_subject: SIGNED_UP,
});

const inbox = createInbox();
const unconfirmed = new Map<string, JsMsg>();
connection.subscribe(`${inbox}.*`, {
  callback: (_error, reply) => {
    const key = reply.subject.slice(inbox.length + 1);
    const message = unconfirmed.get(key)!;
    unconfirmed.delete(key);
    if (reply.json<{ error?: unknown }>().error) message.nak();
    else message.ack();
  },
});

const consumer = await client.consumers.get('EVENTS', 'hop');
await consumer.consume({
  max_messages: 1_000,
  callback: (message) => {
    const key = String(message.seq);
    const next = nextFieldsOf(message.json<SignedUp>(), key);
    const nextHeaders = headers();
    nextHeaders.set('Nats-Msg-Id', `hop-${key}`);
    unconfirmed.set(key, message);
    connection.publish(SENT, JSON.stringify(next), { headers: nextHeaders, reply: `${inbox}.${key}` });
  },
});
