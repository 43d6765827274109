import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { fieldsOf, SIGNED_UP } from '../events.js';
import { measurePublishing } from './measure-publishing.js';

const { noAsyncTraces } = JSON.parse(process.env['BENCH'] ?? '{}') as { noAsyncTraces?: boolean };
const connection = await connect({
  servers: process.env['NATS_URL']!,
  ...(noAsyncTraces ? { noAsyncTraces } : {}),
});
const client = jetstream(connection);
const fields = fieldsOf(256);
let count = 0;

await measurePublishing(() =>
  client.publish(SIGNED_UP, JSON.stringify(fields), { msgID: `event-${++count}` }),
);
