// A processor that uses only docs/wire.md, Node and the NATS client, and nothing of this repository. It opens a stamp book for each
// new user. LANGUAGES are the languages that it knows. `flaky` users succeed at the second attempt.
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers as natsHeaders } from '@nats-io/transport-node';
import { createHash } from 'node:crypto';

const [PROCESSOR, CONSUMES, PUBLISHES] = ['stamp-book', 'user.signed-up', 'stamp-book.opened'];
const ATTEMPTS = 3;
const RETRY_AFTER = 50; // ms
const LANGUAGES = process.env.LANGUAGES.split(' ');

class InvalidEvent extends Error {}
class Unrecoverable extends Error {}

const connection = await connect({ servers: process.env.NATS_URL, inboxPrefix: `_INBOX_${PROCESSOR}` });
const client = jetstream(connection);
const manager = await jetstreamManager(connection);
await manager.consumers.add('EVENTS', {
  durable_name: PROCESSOR,
  ack_policy: AckPolicy.Explicit,
  filter_subjects: [`events.${CONSUMES}`, `replay.${PROCESSOR}.${CONSUMES}`],
});
const consumer = await client.consumers.get('EVENTS', PROCESSOR);
for await (const message of await consumer.consume({ max_messages: 10 })) await handle(message);

async function handle(message) {
  const event = read(message);
  const attempt = message.info.deliveryCount;
  let book;
  try {
    if (attempt > ATTEMPTS) throw new Error('never answered');
    book = openStampBook(event, attempt);
  } catch (error) {
    const final = { InvalidEvent: 'invalid-event', Unrecoverable: 'unrecoverable' }[error.constructor.name];
    if (!final && attempt < ATTEMPTS) return message.nak(RETRY_AFTER);
    await giveUp(event, attempt, error, final ?? 'attempts-exhausted');
    return message.term();
  }
  await publish(`events.${PUBLISHES}`, `${PUBLISHES}.v1`, derivedId(event.id, ...event.asNew), book, event);
  await tellReplay(event, 'handled');
  message.ack();
}

function openStampBook({ type, body, id }, attempt) {
  if (type !== `${CONSUMES}.v1`) throw new InvalidEvent(`${type} is not known here`);
  let user;
  try {
    user = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new InvalidEvent(`no JSON: ${cause.message}`);
  }
  if (typeof user?.userId !== 'string') throw new InvalidEvent('userId is missing');
  if (user.name === 'flaky' && attempt < 2) throw new Error('the printer is out of paper');
  if (!LANGUAGES.includes(user.locale)) throw new Unrecoverable(`no stamps in ${user.locale}`);
  return { userId: user.userId, bookId: derivedId('book', id) };
}

function read({ subject, headers, data, info, time }) {
  const isReplay = subject.startsWith('replay.');
  const all = [...(headers ?? [])];
  const of = (name) => (isReplay && headers.get(`cascade-${name}`)) || undefined;
  const own = isReplay ? all.flatMap(([name, values]) => unwrapHeaders(name, values)) : all;
  const ce = (name) => {
    const value = own.find(([key]) => key.toLowerCase() === `ce-${name}`)?.[1][0];
    return value ? decodeURIComponent(value) : undefined;
  };
  const place = [info.stream, info.streamSequence, time.getTime()];
  const id = ce('id') ?? of('event-id') ?? derivedId(place);
  return {
    id,
    place,
    body: data,
    headers: Object.fromEntries(own),
    type: ce('type') ?? `${CONSUMES}.v1`,
    correlationId: ce('correlationid') ?? id,
    failureId: of('failure-id'),
    replayId: of('replay-id'),
    asNew: of('as-new') ? [of('as-new')] : [],
    storedAt: time.toISOString(),
    original: {
      stream: of('original-stream') ?? info.stream,
      sequence: Number(of('original-sequence') ?? info.streamSequence),
      subject: of('original-subject') ?? subject,
    },
  };
}

function unwrapHeaders(name, values) {
  const carried = 'cascade-carried-';
  if (name.startsWith(carried)) return [[name.slice(carried.length), values]];
  return /^(cascade|nats)-/i.test(name) ? [] : [[name, values]];
}

function derivedId(...parts) {
  return createHash('sha256')
    .update(JSON.stringify([PROCESSOR, ...parts]))
    .digest('hex');
}

async function publish(subject, type, id, data, cause) {
  const headers = natsHeaders();
  for (const [name, value] of Object.entries({
    'Nats-Msg-Id': id,
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-source': PROCESSOR,
    'ce-type': type,
    'ce-time': new Date().toISOString(),
    'ce-datacontenttype': 'application/json',
    'ce-correlationid': encodeURIComponent(cause.correlationId),
    'ce-causationid': encodeURIComponent(cause.id),
  })) {
    headers.set(name, value);
  }
  await client.publish(subject, JSON.stringify(data), { headers });
}

async function giveUp(event, attempt, error, reason) {
  const { original, id, place, body, headers, storedAt, asNew } = event;
  const failureId = derivedId('failed', id, place);
  const failure = {
    processor: PROCESSOR,
    reason,
    attempts: Math.min(attempt, ATTEMPTS),
    firstAttemptAt: storedAt,
    lastAttemptAt: new Date().toISOString(),
    error: { name: error.constructor.name, message: error.message },
    original: {
      ...original,
      eventId: id,
      headers,
      size: body.length,
      body: { encoding: 'base64', data: Buffer.from(body).toString('base64') },
    },
    asNew: asNew[0],
  };
  await publish(`failed.${PROCESSOR}.${CONSUMES}`, 'event.failed.v1', failureId, failure, event);
  await tellReplay(event, 'failed-again', { failedAgainAs: failureId });
}

async function tellReplay(event, state, more) {
  const { failureId, replayId } = event;
  if (!failureId) return;
  const change = { failureId, replayId, state, at: new Date().toISOString(), ...more };
  const id = derivedId(failureId, replayId, state);
  await publish(`failure-state.${PROCESSOR}.${failureId}`, 'failure.state-changed.v1', id, change, event);
}
