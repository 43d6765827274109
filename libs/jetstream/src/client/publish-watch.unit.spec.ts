import { JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { recordLog } from '@cascade/testing';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PublishWatch, stallText, type Unconfirmed } from './publish-watch.js';

const SECOND = 1_000;
const full = new JetStreamApiError({ code: 503, err_code: 10077, description: 'maximum bytes exceeded' });

const refused = (subject: string, since: number, cause: Error = full): Unconfirmed => ({
  subject,
  stall: { since: since * SECOND, cause, isAnswered: true },
});

describe('the watch on publishes', () => {
  let watch: PublishWatch;
  let lines: () => string[];

  beforeEach(() => {
    lines = recordLog();
    watch = new PublishWatch();
  });
  afterEach(() => void Logger.overrideLogger(true));

  const lookAt = (second: number, ...messages: Unconfirmed[]) => watch.look(messages, second * SECOND);
  const stalled = (second: number) =>
    watch.stalled(second * SECOND).map(({ stream, waiting, cause, since }) => ({
      stream,
      waiting,
      cause,
      seconds: Math.round((Date.now() - since.getTime()) / SECOND),
    }));

  it('names a stream after 10 s, with its oldest publish and the number of publishes that wait', () => {
    const messages = [
      refused('events.order.placed', 3),
      refused('replay.busy.order.placed', 1),
      refused('failed.busy.order.placed', 6),
      { subject: 'events.order.placed', stall: undefined },
    ];
    lookAt(10, ...messages);
    expect(stalled(10)).toEqual([]);
    lookAt(11, ...messages);
    expect(stalled(11)).toEqual([
      { stream: 'EVENTS', waiting: 2, cause: 'maximum bytes exceeded', seconds: 10 },
    ]);
    lookAt(17, ...messages.slice(0, 1), ...messages.slice(2));
    expect(stalled(17)).toMatchObject([
      { stream: 'EVENTS', waiting: 1, seconds: 14 },
      { stream: 'FAILURES', waiting: 1, seconds: 11 },
    ]);
  });

  it('logs a stall at growing intervals, and logs its end', () => {
    const messages = [refused('events.order.placed', 0), refused('events.order.placed', 0)];
    for (let second = 1; second <= 24 * 3_600; second++) lookAt(second, ...messages);
    const reports = lines();
    // The reports come after 10, 30, 90, 270, 810 and 2,430 s, and then every hour.
    expect(reports).toHaveLength(6 + 23);
    expect(reports[0]).toMatch(
      /^error: 2 publishes to EVENTS unconfirmed since \d{4}-.*Z: maximum bytes exceeded; they are resent until/,
    );
    lookAt(24 * 3_600 + 1);
    expect(lines().slice(reports.length)).toEqual(['log: no publish to EVENTS is waiting any longer']);
    expect(watch.isAwake).toBe(false);
  });

  it('logs nothing about a stall of less than 10 s', () => {
    lookAt(5, refused('events.order.placed', 0));
    expect(watch.isAwake).toBe(true);
    lookAt(9);
    expect(watch.isAwake).toBe(false);
    expect(lines()).toEqual([]);
  });

  it('counts publishes that were given up and repeated as one stall, until a publish is confirmed', () => {
    const tries = [0, 12, 24, 36];
    for (const begun of tries) {
      for (let age = 1; age <= 10; age++) lookAt(begun + age, refused('events.order.placed', begun));
      watch.gaveUp(refused('events.order.placed', begun), (begun + 10) * SECOND);
    }
    lookAt(47);
    expect(stalled(47)).toMatchObject([{ stream: 'EVENTS', waiting: 0, seconds: 47 }]);
    watch.confirmed('failed.busy.order.placed');
    lookAt(48);
    expect(stalled(48)).toHaveLength(1);
    watch.confirmed('events.order.confirmed');
    lookAt(49);
    expect(stalled(49)).toEqual([]);
  });

  it('forgets publishes that were given up and not repeated', () => {
    watch.gaveUp(refused('events.order.placed', 0), 10 * SECOND);
    lookAt(25);
    expect(stalled(25)).toHaveLength(1);
    lookAt(26);
    expect(watch.isAwake).toBe(false);
  });

  it('shows the answer of a stranger on one short line', () => {
    const answer = `no\n\u001b[31m\u202ered password=hunter2 ${'x'.repeat(1_000)}`;
    lookAt(10, refused('events.order.placed', 0, new Error(answer)));
    const [{ cause } = { cause: '' }] = watch.stalled(10 * SECOND);
    expect(cause).toMatch(/^no \[31m red password=\*\*\* x+…$/);
    expect(cause).toHaveLength(201);
  });

  it.each([
    [new errors.NoRespondersError('events.order.placed'), 'the stream has no leader, or does not exist'],
    [new errors.TimeoutError(), 'no answer'],
    [
      new JetStreamApiError({
        code: 409,
        err_code: 10158,
        description: 'duplicate message id is in process',
      }),
      'the stream cannot commit the message, and may have lost its quorum',
    ],
    [new errors.ConnectionError('disconnected'), 'disconnected'],
  ])('describes %p in plain words', (cause, text) => {
    lookAt(10, refused('events.order.placed', 0, cause));
    expect(watch.stalled(10 * SECOND).map(stallText)).toEqual([
      expect.stringMatching(new RegExp(`^1 publish to EVENTS unconfirmed since .*: ${text}$`)),
    ]);
  });
});
