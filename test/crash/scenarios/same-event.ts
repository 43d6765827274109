import { EVENTS_STREAM, FAILURES_STREAM } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { randomUUID } from 'node:crypto';
import type { Scenario } from '../scenario.js';
import { publishAll, type PlainEvent } from '../system/publish.js';
import { SignupSystem } from '../system/signup-system.js';
import type { Trial } from '../trial.js';

export const sameEvent: Scenario = { name: 'same-event', mustShow: 'one row, one mail', run };

/**
 * Publishes one event many times. Half of the copies have the same `Nats-Msg-Id`. Each of the other copies has a different
 * `Nats-Msg-Id`, so the broker stores all of these copies. The broker would also store a copy that arrives after the duplicate
 * window.
 */
async function run(trial: Trial): Promise<void> {
  const times = trial.scale(1_000, 100);
  const system = await SignupSystem.start(trial);
  trial.done = `one event published ${times} times, half of them with another Nats-Msg-Id each`;
  const userId = randomUUID();
  const body = {
    userId,
    email: `${userId}@example.com`,
    name: 'Ada',
    locale: 'en',
    signedUpAt: new Date().toISOString(),
  };
  const events = Array.from({ length: times }, (_, number): PlainEvent => {
    const messageId = number % 2 === 0 ? userId : `${userId}-${number}`;
    return { subject: 'events.user.signed-up', body, id: userId, messageId };
  });
  await publishAll(system.client.connection, events);
  const { client, postgres, mail } = system;
  const stored = await client.count(EVENTS_STREAM, 'events.user.signed-up');
  trial.expectEqual('copies in the stream', stored, times / 2 + 1);
  await eventually(
    async () => {
      for (const stream of [EVENTS_STREAM, 'RETRIES']) {
        for (const [name, { waiting, inFlight }] of await client.backlogs(stream)) {
          if (waiting + inFlight > 0) throw new Error(`${name}: ${waiting} waiting, ${inFlight} in flight`);
        }
      }
      const retries = await client.count('RETRIES', '>');
      if (retries > 0) throw new Error(`${retries} retries`);
    },
    { timeout: 60_000, interval: 100 },
  );
  const rows = await postgres!.query('metadata_writer', 'select user_id from user_metadata');
  const sent = await client.count(EVENTS_STREAM, 'events.notification.sent');
  trial.expectEqual('rows', rows.length, 1);
  trial.expectEqual('mails', mail.total, 1);
  trial.expectEqual('notification.sent events', sent, 1);
  trial.expectEqual('failure events', await client.count(FAILURES_STREAM, 'failed.>'), 0);
  trial.figure(`${stored} copies stored, ${rows.length} row, ${mail.total} mail, ${sent} notification.sent`);
}
