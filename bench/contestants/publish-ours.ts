import { EventPublisher, JetStreamConnection } from '@cascade/jetstream';
import { fieldsOf, SignedUp } from '../events.js';
import { measurePublishing } from './measure-publishing.js';

const connection = new JetStreamConnection({ source: 'bench', servers: process.env['NATS_URL']! });
const publisher = new EventPublisher(connection, { source: 'bench', publishes: [SignedUp] });
const fields = fieldsOf(256);

await measurePublishing(() => publisher.publish(new SignedUp(fields)));
