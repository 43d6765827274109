import type { Broker } from '@cascade/embedded-broker';
import { eventually, startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { FlowRecorder } from './flow-recorder.js';

let broker: Broker;
let stranger: NatsConnection;

beforeAll(async () => {
  broker = await startTestBroker();
  stranger = await connect({ servers: broker.url });
});
afterAll(async () => {
  await stranger.close();
  await broker.stop();
});

it('The recorder ignores headers that cannot be parsed, and records the next event', async () => {
  const recorder = await FlowRecorder.start(broker.url);
  try {
    const broken = headers();
    // A client in another language can send a space within a header name. nats.js would refuse the name, so the name is set
    // directly.
    (broken as unknown as { headers: Map<string, string[]> }).headers.set('bad name', ['1']);
    stranger.publish('events.user.signed-up', '{}', { headers: broken });
    stranger.publish('events.user.signed-up', 'no JSON');
    const known = headers();
    known.set('ce-id', 'seen');
    known.set('ce-correlationid', 'flow-1');
    stranger.publish('events.user.signed-up', '{}', { headers: known });

    await eventually(() => expect(recorder.flow('flow-1', 0)).toMatchObject([{ id: 'seen' }]), {
      timeout: 3_000,
    });
  } finally {
    await recorder.stop();
  }
});
