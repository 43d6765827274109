import { UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import { EventFailed } from '@cascade/jetstream';
import { createEmbeddedDatabase, describeProcessor, goldenEvent } from '@cascade/testing';
import { expect, it } from '@jest/globals';

/**
 * Defines specs that observe the metadata-writer only through its channels. The service may run in this process or in another
 * process.
 *
 * @param start Starts the service with the given environment. Resolves when the service is ready.
 */
export function describeRecording(
  where: string,
  start: (env: NodeJS.ProcessEnv) => Promise<{ stop(): Promise<void> }>,
): void {
  const startWithDatabase = async (natsUrl: string) => {
    const { dataDir, remove } = await createEmbeddedDatabase();
    const env = { NATS_URL: natsUrl, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'fatal' };
    const service = await start(env).catch(async (error: unknown) => {
      await remove();
      throw error;
    });
    const stop = async () => {
      await service.stop();
      await remove();
    };
    return { stop };
  };

  describeProcessor(`metadata-writer ${where}`, startWithDatabase, (test) => {
    it('announces that it has recorded each golden user.signed-up', async () => {
      for (const id of await test.channels.publishGolden(UserSignedUp)) {
        const recorded = await test.channels.published(UserMetadataRecorded, { causedBy: id });
        expect(recorded.source).toBe('metadata-writer');
      }
      await test.channels.consumed(UserSignedUp, 'metadata-writer');
      await test.channels.nothingMore();
    });

    it('announces an event that is delivered twice only once', async () => {
      const user = await goldenEvent(UserSignedUp);
      const id = await test.channels.publish(user);
      await test.channels.published(UserMetadataRecorded, { causedBy: id });

      await test.channels.publish(user, id);

      await test.channels.consumed(UserSignedUp, 'metadata-writer');
      await test.channels.nothingMore();
    });

    it('records that the notifier gave up', async () => {
      const id = await test.channels.publishFailure('notifier', await goldenEvent(UserSignedUp));

      const { source, data } = await test.channels.published(UserMetadataRecorded, { causedBy: id });

      expect(source).toBe('metadata-writer-failures');
      expect(data.fields).toContain('notificationState');
      await test.channels.consumed(EventFailed, 'metadata-writer-failures');
      await test.channels.nothingMore();
    });

    it('gives up immediately on an event that breaks the contract', async () => {
      const id = await test.channels.publishRaw('events.user.signed-up', '{"userId":"nobody"}');

      const { data } = await test.channels.failed(UserSignedUp, 'metadata-writer', { causedBy: id });

      expect(data).toMatchObject({ reason: 'invalid-event', attempts: 1 });
      await test.channels.consumed(UserSignedUp, 'metadata-writer');
      await test.channels.nothingMore();
    });
  });
}
