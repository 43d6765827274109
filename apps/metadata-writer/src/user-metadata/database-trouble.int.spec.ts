import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import type { Broker } from '@cascade/embedded-broker';
import { JetStreamStrategy } from '@cascade/jetstream';
import { findMigrations, type Database } from '@cascade/store';
import {
  describePostgres,
  eventually,
  goldenEvent,
  setReadOnly,
  startTestBroker,
  TestChannels,
} from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { sql } from 'drizzle-orm';
import { startMetadataWriter } from '../../test/start-metadata-writer.js';
import * as schema from './schema.js';

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

  it('has a connection for each event that it records at once, so that none fails for want of one', async () => {
    const migrations = findMigrations('metadata-writer', import.meta.url);
    const { db } = await databases.open({ schema, migrations, database: { databaseUrl, dataDir: '' } });
    const table = await lockTable(db);
    const signup = await goldenEvent(UserSignedUp);
    const sent = await goldenEvent(NotificationSent);
    const ids = await Promise.all(
      Array.from({ length: 8 }, () => [
        channels.publish(signup),
        channels.publish(sent),
        channels.publishFailure('notifier', signup),
      ]).flat(),
    );

    await eventually(async () => expect(await countWaiting(db)).toBe(ids.length)).finally(table.unlock);

    for (const id of ids) await channels.published(UserMetadataRecorded, { causedBy: id });
    expect(writer.get(JetStreamStrategy, { strict: false }).paused).toEqual([]);
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

  /** Readers are let in; those that write wait. */
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
