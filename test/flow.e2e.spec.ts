import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { EventLog } from './event-log.js';
import { mailsTo, metadataOf, postSignup, signUp, uniqueEmail, userOf, type Accepted } from './signups.js';
import { TestSystem } from './system.js';

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

/** Sources of the expected events. Events of other processors on the same channels are ignored. */
const SOURCES = [
  ...['signup', 'notifier'],
  ...['metadata-writer', 'metadata-writer-notifications', 'metadata-writer-failures'],
];

/** All HTTP paths that contain an id. */
const PATHS = [
  ['signup', '/signups/ID'],
  ['signup', '/users/ID/metadata'],
  ['notifier', '/users/ID/metadata'],
  ['metadata-writer', '/signups/ID'],
  ['metadata-writer', '/users/ID/metadata'],
] as const;

let system: TestSystem;
let log: EventLog;

beforeAll(async () => {
  system = await TestSystem.start();
  log = await EventLog.open(system.natsUrl, SOURCES);
}, 60_000);

afterAll(async () => {
  await log?.close();
  await system?.stop();
}, 20_000);

describe('A signup', () => {
  it('is accepted immediately, and can be read at the path in the answer', async () => {
    const response = await postSignup(system, { email: uniqueEmail(), name: 'Ada' });
    expect(response.status).toBe(202);
    const accepted = (await response.json()) as Record<string, unknown>;
    expect(accepted).toEqual({ id: expect.stringMatching(UUID), correlationId: expect.stringMatching(UUID) });

    const location = new URL(response.headers.get('location')!, system.url('signup'));
    expect(await (await fetch(location)).json()).toMatchObject({ ...accepted, status: 'accepted' });
  });

  it('is welcomed by mail, and the metadata row shows that', async () => {
    const email = uniqueEmail();
    const userId = await userOf(system, await signUp(system, { email, name: 'Ada', locale: 'de-CH' }));
    const [mail] = await eventually(async () => {
      const mails = await mailsTo(system, email);
      expect(mails).toHaveLength(1);
      return mails;
    });
    expect(mail!.text).toContain('Ada');
    await eventually(async () => {
      expect(await metadataOf(system, userId)).toMatchObject({
        userId,
        emailDomain: 'example.com',
        locale: 'de-CH',
        notificationState: 'sent',
        notificationChannel: 'email',
      });
    });
  });

  it('is welcomed by a text message if it has a phone number', async () => {
    const email = uniqueEmail();
    const accepted = await signUp(system, { email, name: 'Grace', phone: '+14155550123' });
    const userId = await userOf(system, accepted);
    await eventually(async () => {
      expect(await metadataOf(system, userId)).toMatchObject({
        notificationChannel: 'text',
        notificationState: 'sent',
      });
    });
    const texts = await mailsTo(system, '+14155550123@text.localhost');
    expect(texts).toHaveLength(1);
    expect(texts[0]!.text).toContain('Grace');
    expect(await mailsTo(system, email)).toEqual([]);
  });

  it('becomes a flow of events, each with its source and its cause', async () => {
    const email = uniqueEmail();
    const { correlationId } = await signUp(system, { email, name: 'Ada' });
    const events = await eventually(async () => {
      const flow = await log.flow(correlationId);
      expect(flow).toHaveLength(4);
      return flow;
    });
    const ids = new Map(events.map(({ headers }) => [headers['ce-id'], headers['ce-type']]));
    const summary = events.map(({ subject, headers }) => ({
      subject,
      type: headers['ce-type'],
      source: headers['ce-source'],
      cause: headers['ce-causationid'] && ids.get(headers['ce-causationid']),
    }));
    const announcements = [
      ['events.notification.sent', 'notification.sent.v1', 'notifier', 'user.signed-up.v1'],
      ['events.user.metadata-recorded', 'user.metadata-recorded.v1', 'metadata-writer', 'user.signed-up.v1'],
      [
        'events.user.metadata-recorded',
        'user.metadata-recorded.v1',
        'metadata-writer-notifications',
        'notification.sent.v1',
      ],
    ].map(([subject, type, source, cause]) => ({ subject, type, source, cause }));
    expect(summary[0]).toEqual({
      subject: 'events.user.signed-up',
      type: 'user.signed-up.v1',
      source: 'signup',
    });
    expect(summary.slice(1)).toEqual(expect.arrayContaining(announcements));

    for (const { headers, body } of events) {
      expect(headers).toMatchObject({ 'ce-specversion': '1.0', 'ce-datacontenttype': 'application/json' });
      expect(headers['ce-id']).toMatch(UUID);
      expect(headers['ce-time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(body['userId']).toBe(events[0]!.body['userId']);
    }
    expect(events[0]!.body).toMatchObject({ email, name: 'Ada', userId: expect.stringMatching(UUID) });
    const sent = events.find(({ subject }) => subject === 'events.notification.sent')!;
    expect(JSON.stringify(sent.body)).not.toContain(email);
  });

  it('of a known address gets the same answer, and causes no event', async () => {
    const email = uniqueEmail();
    const first = await signUp(system, { email, name: 'Ada' });
    await eventually(async () => expect(await log.flow(first.correlationId)).toHaveLength(4));
    const response = await postSignup(system, { email: email.toUpperCase(), name: 'Somebody else' });
    expect(response.status).toBe(202);
    const again = (await response.json()) as { correlationId: string };

    // If the second signup had caused events, the stream would contain these events before the events of the third signup.
    const third = await signUp(system, { email: uniqueEmail(), name: 'Ada' });
    await eventually(async () => expect(await log.flow(third.correlationId)).toHaveLength(4));
    expect(await mailsTo(system, email)).toHaveLength(1);
    if (again.correlationId !== first.correlationId) expect(await log.flow(again.correlationId)).toEqual([]);
  });

  it('does not reveal over HTTP whether its address was known, at any later request', async () => {
    const email = uniqueEmail();
    const first = await signUp(system, { email, name: 'Ada' });
    await eventually(async () => expect(await log.flow(first.correlationId)).toHaveLength(4));
    const again = await signUp(system, { email, name: 'Ada' });

    const [ofFirst, ofAgain] = await Promise.all([first, again].map(everyAnswerOf));
    expect(ofFirst).toEqual(ofAgain);
    expect(ofFirst).toMatchObject({
      'signup/signups/ID': { status: 200 },
      'metadata-writer/users/ID/metadata': { status: 404 },
    });
  });

  /**
   * Returns the responses of the services to requests with the ids of a signup. Placeholders replace the ids in the responses.
   */
  async function everyAnswerOf(accepted: Accepted): Promise<Record<string, unknown>> {
    const answers: Record<string, unknown> = {};
    for (const id of [accepted.id, accepted.correlationId]) {
      for (const [service, path] of PATHS) {
        const response = await fetch(system.url(service) + path.replace('ID', id));
        const text = (await response.text())
          .replaceAll(accepted.id, 'ID')
          .replaceAll(accepted.correlationId, 'FLOW')
          .replace(/"receivedAt":"[^"]+"/, '"receivedAt":"TIME"');
        const key = service + (id === accepted.id ? path : path.replace('ID', 'FLOW'));
        answers[key] = { status: response.status, text, headers: [...response.headers.keys()] };
      }
    }
    return answers;
  }

  it('is refused with all the rules that it breaks', async () => {
    const response = await postSignup(system, { email: 'nobody', name: '', phone: '12', colour: 'red' });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = await response.text();
    for (const field of ['email', 'name', 'phone', 'colour']) expect(problem).toContain(field);
  });
});

describe('A bad event on a channel', () => {
  it.each([
    ['that is not JSON', 'certainly not JSON'],
    ['that is an array', '[1, 2, 3]'],
    ['that lacks fields', JSON.stringify({ userId: 'x' })],
  ])('%s becomes a failure event, and the next event is handled', async (_, body) => {
    const before = (await log.failures()).length;
    await log.publish('events.user.signed-up', body);
    const userId = await userOf(system, await signUp(system, { email: uniqueEmail(), name: 'Ada' }));
    await eventually(async () => {
      expect(await metadataOf(system, userId)).toMatchObject({ notificationState: 'sent' });
    });
    await eventually(async () => {
      const subjects = (await log.failures()).slice(before).map(({ subject }) => subject);
      expect(subjects.sort()).toEqual([
        'failed.metadata-writer.user.signed-up',
        'failed.notifier.user.signed-up',
      ]);
    });
    const failure = (await log.failures()).at(-1)!;
    expect(failure.body).toMatchObject({
      original: { subject: 'events.user.signed-up', body: { data: body } },
    });
  });
});

describe('After a restart', () => {
  it('everything is still there, and works', async () => {
    const email = uniqueEmail();
    const { id, correlationId } = await signUp(system, { email, name: 'Ada' });
    await eventually(async () => expect(await log.flow(correlationId)).toHaveLength(4));
    const userId = String((await log.flow(correlationId))[0]!.body['userId']);
    await log.close();
    await system.stopParts();
    await system.startAgain();
    log = await EventLog.open(system.natsUrl, SOURCES);

    expect(await (await fetch(`${system.url('signup')}/signups/${id}`)).json()).toMatchObject({
      id,
      correlationId,
    });
    expect(await metadataOf(system, userId)).toMatchObject({ notificationState: 'sent' });
    expect(await log.flow(correlationId)).toHaveLength(4);
    expect(await mailsTo(system, email)).toHaveLength(1);

    const later = await signUp(system, { email: uniqueEmail(), name: 'Ada' });
    await eventually(async () => expect(await log.flow(later.correlationId)).toHaveLength(4));
  }, 60_000);
});
