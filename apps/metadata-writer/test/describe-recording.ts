import { UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { EventFailed } from '@cascade/jetstream';
import { goldenEvent, startTestBroker, TestChannels } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What the metadata-writer does, as its channels show it. It holds wherever the service runs.
 *
 * @param start with this environment; resolves once the service is ready
 */
export function describeRecording(
  where: string,
  start: (env: NodeJS.ProcessEnv) => Promise<{ stop(): Promise<void> }>,
): void {
  describe(`metadata-writer ${where}`, () => {
    let broker: Broker;
    let dataDir: string;
    let service: { stop(): Promise<void> };
    let channels: TestChannels;

    beforeAll(async () => {
      broker = await startTestBroker();
      dataDir = await mkdtemp(join(tmpdir(), 'cascade-recording-'));
      service = await start({ NATS_URL: broker.url, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'fatal' });
      channels = await TestChannels.connect(broker.url);
    }, 60_000);

    afterAll(async () => {
      await channels?.close();
      await service?.stop();
      await broker?.stop();
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
    });

    it('announces that it has recorded each golden user.signed-up', async () => {
      for (const id of await channels.publishGolden(UserSignedUp)) {
        const recorded = await channels.published(UserMetadataRecorded, { causedBy: id });
        expect(recorded.source).toBe('metadata-writer');
      }
      await channels.consumed(UserSignedUp, 'metadata-writer');
      await channels.nothingMore();
    });

    it('announces once what comes twice', async () => {
      const user = await goldenEvent(UserSignedUp);
      const id = await channels.publish(user);
      await channels.published(UserMetadataRecorded, { causedBy: id });

      await channels.publish(user, id);

      await channels.consumed(UserSignedUp, 'metadata-writer');
      await channels.nothingMore();
    });

    it('records that the notifier gave up', async () => {
      const id = await channels.publishFailure('notifier', await goldenEvent(UserSignedUp));

      const { source, data } = await channels.published(UserMetadataRecorded, { causedBy: id });

      expect(source).toBe('metadata-writer-failures');
      expect(data.fields).toContain('notificationState');
      await channels.consumed(EventFailed, 'metadata-writer-failures');
      await channels.nothingMore();
    });

    it('gives up at once on what breaks the contract', async () => {
      const id = await channels.publishRaw('events.user.signed-up', '{"userId":"nobody"}');

      const { data } = await channels.failed(UserSignedUp, 'metadata-writer', { causedBy: id });

      expect(data).toMatchObject({ reason: 'invalid-event', attempts: 1 });
      await channels.consumed(UserSignedUp, 'metadata-writer');
      await channels.nothingMore();
    });
  });
}
