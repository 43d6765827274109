// Shows that nats-server skips messages if a consumer has a start time and several filter subjects. Uses nats.js only.
// Creates a stream START_TIME in memory and removes it. Exits with 1 if the server has the fault, and with 0 if not.
//
//   node docs/upstream/consumer-start-time.mjs [nats://127.0.0.1:4222]
import { AckPolicy, DeliverPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

const STREAM = 'START_TIME';
const connection = await connect({ servers: process.argv[2] ?? 'nats://127.0.0.1:4222' });
const manager = await jetstreamManager(connection);
await manager.streams.delete(STREAM).catch(() => undefined);
await manager.streams.add({ name: STREAM, subjects: ['start.>'], storage: StorageType.Memory });
try {
  const client = manager.jetstream();
  for (const subject of ['start.a', 'start.a', 'start.b', 'start.a']) await client.publish(subject);
  const { timestamp } = await manager.streams.getMessage(STREAM, { seq: 2 });

  const delivered = async (filter_subjects) => {
    const { name } = await manager.consumers.add(STREAM, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: timestamp,
      filter_subjects,
    });
    const consumer = await client.consumers.get(STREAM, name);
    const { num_pending } = await consumer.info();
    const sequences = [];
    for await (const { seq } of await consumer.fetch({ max_messages: num_pending })) sequences.push(seq);
    return sequences.join(', ');
  };
  const one = await delivered(['start.>']);
  const several = await delivered(['start.a', 'start.b']);

  const isFixed = several === one;
  console.log(`nats-server ${connection.info.version}, a start time of message 2 of 4, delivered are`);
  console.log(`  with the filter subject start.>               ${one}`);
  console.log(`  with the filter subjects start.a and start.b  ${several}`);
  console.log(isFixed ? 'Both are the same: this server has fixed the fault.' : 'Messages were skipped.');
  process.exitCode = isFixed ? 0 : 1;
} finally {
  await manager.streams.delete(STREAM);
  await connection.close();
}
