import { UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import type { Broker } from '@app/embedded-broker';
import { JetStreamStrategy } from '@app/jetstream';
import {
  describePostgres,
  eventually,
  goldenEvent,
  setReadOnly,
  startTestBroker,
  TestChannels,
} from '@app/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startMetadataWriter } from '../../test/start-metadata-writer.js';

describePostgres((databases) => {
  let broker: Broker;
  let databaseUrl: string;
  let writer: NestFastifyApplication;
  let channels: TestChannels;

  beforeAll(async () => {
    broker = await startTestBroker();
    ({ databaseUrl = '' } = await databases.create());
    writer = await startMetadataWriter({ NATS_URL: broker.url, DATABASE_URL: databaseUrl });
    channels = await TestChannels.connect(broker.url);
  }, 60_000);

  afterAll(async () => {
    await channels?.close();
    await writer?.close();
    await broker?.stop();
  });

  it('pauses while the database takes no writes, as one that was demoted, and records afterwards', async () => {
    const strategy = writer.get(JetStreamStrategy, { strict: false });
    await setReadOnly(databaseUrl, true);
    const id = await channels.publish(await goldenEvent(UserSignedUp));
    await eventually(() => expect(strategy.paused).toMatchObject([{ processor: 'metadata-writer' }]));

    await setReadOnly(databaseUrl, false);

    await channels.published(UserMetadataRecorded, { causedBy: id });
    expect(strategy.paused).toEqual([]);
  });
});
