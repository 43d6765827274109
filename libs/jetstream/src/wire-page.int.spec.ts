import type { Broker } from '@cascade/embedded-broker';
import { startTestBroker } from '@cascade/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type ConsumerConfig, type StreamConfig } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import { CloudEventHeader, TRACE_HEADERS } from './wire/cloud-events.js';
import { readEvent } from './contract/contract.js';
import { EventFailed } from './events/event-failed.js';
import { storedEventId } from './wire/event-ids.js';
import { readFailureState } from './failures/failure-state.js';
import * as names from './wire/names.js';
import { declareProcessor } from './declare/processor-options.js';
import { provision } from './provision/provision.js';
import { failureReasons } from './events/event-failed.js';
import { ProcessorPaused, ProcessorResumed } from './events/processor-state-events.js';
import { consumerConfigs, streamConfigs } from './provision/stream-settings.js';

const page = readFileSync(new URL('../../../docs/wire.md', import.meta.url), 'utf8');
const [publicPart, privatePart] = page.split('\n## Private\n') as [string, string];
const named = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, name]) => name!);
const UNITS: Record<string, number> = { MiB: 1024 ** 2, GiB: 1024 ** 3, min: 60e9, s: 1e9, days: 86_400e9 };

/** Returns the rows of a section's tables. Maps the name in the first cell of each row to the other cells. */
function table(heading: string): Map<string, string[]> {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').flatMap((line) => {
    const [, key = '', ...cells] = line.split('|');
    const [name] = line.startsWith('|') ? named(key) : [];
    return name === undefined ? [] : [[name, cells.map((cell) => cell.trim())] as const];
  });
  return new Map(rows);
}

/** Converts a cell of a settings table to the server's value. In the page, `none` means unlimited, and `no` means not set. */
function settingOf(cell: string): unknown {
  const [, number, unit] = /^([\d,]+) ?(\w+)?/.exec(cell) ?? [];
  if (number) return Number(number.replaceAll(',', '')) * (UNITS[unit ?? ''] ?? 1);
  if (cell.startsWith('`')) return named(cell).length > 1 ? named(cell) : named(cell)[0];
  return cell === 'yes';
}

describe('docs/wire.md', () => {
  let broker: Broker;
  let connection: NatsConnection;

  class UserSignedUp {
    static readonly event = { name: 'user.signed-up', version: 1 };
  }
  const channel = { stream: 'EVENTS', subject: 'events.user.signed-up' };
  const consumers = consumerConfigs(declareProcessor(UserSignedUp, channel, { processor: 'notifier' }));

  beforeAll(async () => {
    broker = await startTestBroker();
    connection = await connect({ servers: broker.url });
    await provision(connection, { streams: streamConfigs(), consumers });
  });
  afterAll(async () => {
    await connection?.close();
    await broker?.stop();
  });

  it('has the settings of the streams on the broker', async () => {
    const { streams } = await jetstreamManager(connection);
    const rows = table('Streams');
    expect(rows.size).toBe(9);
    for (const [column, stream] of ['EVENTS', 'RETRIES', 'FAILURES'].entries()) {
      const { config } = await streams.info(stream);
      for (const [setting, cells] of rows) {
        const found = config[setting as keyof StreamConfig];
        const isUnlimited = found === undefined || found === 0 || found === -1;
        const expected = ['none', 'no'].includes(cells[column]!) ? undefined : settingOf(cells[column]!);
        const asList = Array.isArray(found) ? [expected].flat() : expected;
        expect([stream, setting, isUnlimited ? undefined : found]).toEqual([stream, setting, asList]);
      }
    }
  });

  it('has the settings of the consumers on the broker', async () => {
    const manager = await jetstreamManager(connection);
    const { config } = await manager.consumers.info('EVENTS', 'notifier');
    const rows = table('Consumers');
    expect([...rows.keys()].sort()).toEqual(
      Object.keys(consumers[0]!.config)
        .filter((name) => name !== 'description')
        .sort(),
    );
    for (const setting of ['ack_policy', 'max_deliver', 'deliver_policy', 'ack_wait', 'max_ack_pending']) {
      const expected = settingOf(rows.get(setting)![0]!);
      const found = config[setting as keyof ConsumerConfig];
      expect([setting, setting === 'max_deliver' ? Number(expected) : expected]).toEqual([setting, found]);
    }
    const filters = named(rows.get('filter_subjects')![0]!).map((subject) =>
      subject.replace('<event>', 'user.signed-up').replace('<processor>', 'notifier'),
    );
    expect(config.filter_subjects).toEqual(filters);
  });

  it('names every subject', () => {
    const [event, processor, key] = ['<event>', '<processor>', '<key>'];
    expect([...table('Subjects').keys()]).toEqual([
      names.channelOf(event),
      names.replayChannelOf(processor, event),
      names.failureChannelOf(processor, event),
      names.failureStateSubject(processor, '<failure id>'),
      'retry.>',
    ]);
    for (const make of [names.retryScheduleOf, names.retryDueOf, names.quarantineOf, names.isolatedOf]) {
      expect(named(privatePart)).toContain(make(processor, key));
    }
    expect(named(privatePart)).toContain(names.quarantineDurableOf(processor));
  });

  it('names every header, and no other headers', () => {
    const published = [...table('Headers of an event').keys()];
    const ours = Object.values(CloudEventHeader);
    expect(published.sort()).toEqual(['Nats-Msg-Id', ...ours, TRACE_HEADERS[0]].sort());
    const { attempts, firstAttemptAt, retryKey, ...ofReplays } = names.TransportHeader;
    expect([...table('Replays').keys()].filter((name) => name.startsWith('cascade-')).sort()).toEqual(
      [...Object.values(ofReplays), 'cascade-carried-*'].sort(),
    );
    expect(named(privatePart).filter((name) => name.startsWith('cascade-'))).toEqual([
      attempts,
      firstAttemptAt,
      retryKey,
    ]);
  });

  it('has a valid failure event, with every field in its table', async () => {
    const [failure, change] = [...page.matchAll(/```json\n(.+?)```/gs)].map(([, json]) => Buffer.from(json!));
    const { failureId } = JSON.parse(change!.toString()) as { failureId: string };
    const subject = names.failureStateSubject('notifier', failureId);
    const { error, original, ...top } = await readEvent(EventFailed, failure!);
    const fields = named(publicPart);
    for (const name of Object.keys(top)) expect(fields).toContain(name);
    for (const name of Object.keys(error)) expect(fields).toContain(`error.${name}`);
    for (const name of Object.keys(original)) expect(fields).toContain(`original.${name}`);
    for (const reason of failureReasons) expect(fields).toContain(reason);
    expect(readFailureState({ subject, data: change!, seq: 1 }).state).toMatchObject({ state: 'handled' });
  });

  it('has the states of a failure, and the fields of a pause', () => {
    expect([...table('Replays').keys()].slice(-3)).toEqual(['requested', 'handled', 'failed-again']);
    const events = [ProcessorPaused, ProcessorResumed].map(({ event }) => names.channelOf(event.name));
    expect(named(publicPart)).toEqual(expect.arrayContaining(events));
  });

  it('has the id of an event that was published without an id', () => {
    const [, place, id] = /`(\["EVENTS",[^`]+)` is `([^`]+)`/.exec(page)!;
    const [stream, sequence, storedAt] = JSON.parse(place!) as [string, number, number];
    expect(storedEventId({ stream, sequence, storedAt: new Date(storedAt) })).toBe(id);
  });
});
