import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import { JetStreamStrategy } from '@cascade/jetstream';
import { findMigrations, type Database } from '@cascade/store';
import { describePostgres, describeProcessor, eventually, goldenEvent, setReadOnly } from '@cascade/testing';
import { expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { startMetadataWriter } from '../../test/start-metadata-writer.js';
import * as schema from './schema.js';

describePostgres((databases) => {
  const start = async (natsUrl: string) => {
    const { databaseUrl = '' } = await databases.create();
    const writer = await startMetadataWriter({ NATS_URL: natsUrl, DATABASE_URL: databaseUrl });
    return { databaseUrl, writer, stop: () => writer.close() };
  };

  describeProcessor('metadata-writer', start, (test) => {
    it('has a connection for each event that it records in parallel', async () => {
      const migrations = findMigrations('metadata-writer', import.meta.url);
      const { db } = await databases.open({
        schema,
        migrations,
        database: { databaseUrl: test.service.databaseUrl, dataDir: '' },
      });
      const table = await lockTable(db);
      const signup = await goldenEvent(UserSignedUp);
      const sent = await goldenEvent(NotificationSent);
      const ids = await Promise.all(
        Array.from({ length: 8 }, () => [
          test.channels.publish(signup),
          test.channels.publish(sent),
          test.channels.publishFailure('notifier', signup),
        ]).flat(),
      );

      await eventually(async () => expect(await countWaiting(db)).toBe(ids.length)).finally(table.unlock);

      for (const id of ids) await test.channels.published(UserMetadataRecorded, { causedBy: id });
      expect(test.service.writer.get(JetStreamStrategy, { strict: false }).paused).toEqual([]);
    });

    it('pauses while the database rejects writes, like a demoted server, and records afterwards', async () => {
      const strategy = test.service.writer.get(JetStreamStrategy, { strict: false });
      await setReadOnly(test.service.databaseUrl, true);
      const id = await test.channels.publish(await goldenEvent(UserSignedUp));
      await eventually(() => expect(strategy.paused).toMatchObject([{ processor: 'metadata-writer' }]));

      await setReadOnly(test.service.databaseUrl, false);

      await test.channels.published(UserMetadataRecorded, { causedBy: id });
      expect(strategy.paused).toEqual([]);
    });

    /** Locks the table for writers, but not for readers. */
    async function lockTable(db: Database<typeof schema>): Promise<{ unlock: () => Promise<void> }> {
      return new Promise((resolve, reject) => {
        const locked = db.transaction(async (tx) => {
          await tx.execute(sql`lock table ${schema.userMetadata} in exclusive mode`);
          await new Promise<void>((release) => {
            resolve({ unlock: () => (release(), locked) });
          });
        });
        locked.catch(reject);
      });
    }

    async function countWaiting(db: Database<typeof schema>): Promise<number> {
      const { rows } = await db.execute<{ count: number }>(
        sql`select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return rows[0]!.count;
    }
  });
});
