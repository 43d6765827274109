import { UserSignedUp } from '@app/contracts';
import { spawnBoundToParent, type Broker } from '@cascade/embedded-broker';
import {
  Consumes,
  ConsumesFailure,
  EventPublisher,
  JetStreamModule,
  type EventFailed,
} from '@cascade/jetstream';
import { createMicroservice, eventually, startTestBroker } from '@cascade/testing';
import { Controller, type INestMicroservice } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IsString, IsUUID } from 'class-validator';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runCascade } from '../../tools/cascade/test/session.js';
import { EventLog } from '../event-log.js';
import { ownEnvironment } from '../system.js';

const USER_ID = '0199d0a0-7c1e-7abc-8def-0123456789ab';
const SCRIPT = fileURLToPath(new URL('./stamp-book.mjs', import.meta.url));

class StampBookOpened {
  static readonly event = { name: 'stamp-book.opened', version: 1 };

  @IsUUID()
  readonly userId!: string;

  @IsString()
  readonly bookId!: string;
}

const opened: StampBookOpened[] = [];
const failed: EventFailed[] = [];

/** Processors on Cascade's transport, which consume the events and failures of the plain processor. */
@Controller()
class Observer {
  @Consumes(StampBookOpened, { processor: 'observer' })
  open(@Payload() event: StampBookOpened): void {
    opened.push(event);
  }

  @ConsumesFailure(UserSignedUp, { of: 'stamp-book', processor: 'failure-observer' })
  fail(@Payload() failure: EventFailed): void {
    failed.push(failure);
  }
}

interface Failure {
  id: string;
  state: string;
  reason: string;
}

let broker: Broker;
let application: INestMicroservice;
let log: EventLog;
let stopStampBook: () => Promise<void>;

beforeAll(async () => {
  broker = await startTestBroker();
  application = await createMicroservice({
    module: class ObserverModule {},
    imports: [JetStreamModule.forRoot({ source: 'signup', servers: broker.url, publishes: [UserSignedUp] })],
    controllers: [Observer],
  });
  await application.listen();
  log = await EventLog.open(broker.url);
  stopStampBook = startStampBook('en');
});

afterAll(async () => {
  await stopStampBook?.();
  await log?.close();
  await application?.close();
  await broker?.stop();
});

/**
 * Starts the plain processor, called the stamp book, in a separate process.
 *
 * @returns a function that stops the stamp book
 */
function startStampBook(languages: string): () => Promise<void> {
  const child = spawnBoundToParent(process.execPath, [SCRIPT], {
    env: { ...ownEnvironment(), NATS_URL: broker.url, LANGUAGES: languages },
  });
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  const ended = once(child, 'close');
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

/**
 * Publishes a signup.
 *
 * @returns the correlation id, which is also the id of the event
 */
async function signUp(name: string, locale = 'en'): Promise<string> {
  const user = {
    userId: USER_ID,
    email: 'ada@example.com',
    name,
    locale,
    signedUpAt: '2026-11-23T04:05:06Z',
  };
  const publisher = application.get(EventPublisher, { strict: false });
  return (await publisher.publish(new UserSignedUp(user))).correlationId;
}

async function cascade<Value>(...args: string[]): Promise<Value> {
  const { stdout, stderr } = await runCascade([...args, '--json'], { env: { NATS_URL: broker.url } });
  if (stderr) throw new Error(stderr);
  return JSON.parse(stdout) as Value;
}

async function failures(): Promise<Failure[]> {
  return (await cascade<{ failures: Failure[] }>('failures', 'list', '--processor', 'stamp-book')).failures;
}

const openedIn = async (correlationId: string) =>
  (await log.flow(correlationId)).filter(({ subject }) => subject === 'events.stamp-book.opened');

describe('A processor with only a NATS client and the wire contract', () => {
  it('publishes an event of the flow, which our processor consumes', async () => {
    const correlationId = await signUp('Ada');
    const [event] = await eventually(async () => {
      const events = await openedIn(correlationId);
      expect(events).toHaveLength(1);
      return events;
    });
    expect(event!.headers).toMatchObject({ 'ce-source': 'stamp-book', 'ce-causationid': correlationId });
    await eventually(() => expect(opened).toEqual([event!.body]));

    const { steps } = await cascade<{ steps: object[] }>('flow', correlationId);
    expect(steps).toMatchObject([
      { name: 'user.signed-up', source: 'signup' },
      { name: 'stamp-book.opened', source: 'stamp-book', causationId: correlationId },
    ]);
  });

  it('retries an event after a failed attempt', async () => {
    const correlationId = await signUp('flaky');
    await eventually(async () => expect(await openedIn(correlationId)).toHaveLength(1));
    expect(await failures()).toEqual([]);
  });

  it('receives a replay of its channel, and publishes events again only in an as-new replay', async () => {
    const replay = ['replay', '--channel', 'user.signed-up', '--processor', 'stamp-book', '--reason', 'test'];
    expect(await cascade(...replay)).toMatchObject({ replayed: 2 });
    await eventually(async () => {
      const { processors } = await cascade<{ processors: Record<string, unknown>[] }>('lag');
      const lag = processors.find(({ processor }) => processor === 'stamp-book');
      expect(lag).toMatchObject({ pending: 0, inFlight: 0 });
    });
    expect(await log.published('events.stamp-book.opened')).toHaveLength(2);

    expect(await cascade(...replay, '--as-new')).toMatchObject({ replayed: 2 });
    await eventually(async () => expect(await log.published('events.stamp-book.opened')).toHaveLength(4));
  });

  it('gives up on an impossible event with a failure that can be listed, shown, consumed and replayed', async () => {
    const correlationId = await signUp('Émile', 'fr');
    const [failure] = await eventually(async () => {
      const found = await failures();
      expect(found).toMatchObject([{ state: 'open', reason: 'unrecoverable' }]);
      return found;
    });
    await eventually(() => expect(failed).toHaveLength(1));
    expect(await failed[0]!.originalEvent(UserSignedUp)).toMatchObject({ name: 'Émile', locale: 'fr' });

    await cascade('replay', '--failure', failure!.id, '--reason', 'too early');
    await eventually(async () =>
      expect(await failures()).toMatchObject([{ state: 'failed-again' }, { state: 'open' }]),
    );

    await stopStampBook();
    stopStampBook = startStampBook('en fr');
    const again = await cascade('replay', '--processor', 'stamp-book', '--reason', 'French stamps are here');
    expect(again).toMatchObject({ replayed: 1, skipped: 1 });
    await eventually(async () =>
      expect(await failures()).toMatchObject([{ state: 'failed-again' }, { state: 'handled' }]),
    );
    expect(await openedIn(correlationId)).toHaveLength(1);
    await eventually(() => expect(failed).toHaveLength(2));
    // After two replays, the event still has the headers of its publisher.
    expect(failed[1]!.original).toEqual(failed[0]!.original);
  });

  it('gives up on an event that breaks the contract, even if it has no headers', async () => {
    await log.publish('events.user.signed-up', 'not JSON');
    await eventually(async () =>
      expect(await failures()).toContainEqual(expect.objectContaining({ reason: 'invalid-event' })),
    );
  });

  it('is shown as foreign by the command line, and not as a fault', async () => {
    const { processors } = await cascade<{ processors: object[] }>('lag');
    expect(processors).toContainEqual(
      expect.objectContaining({ processor: 'stamp-book', state: 'foreign', missing: [] }),
    );
    const place = { stream: 'EVENTS', durable: 'stamp-book' };
    const { retired } = await cascade<{ retired: object[] }>('provision', '--check');
    expect(retired).toContainEqual(
      expect.objectContaining({
        processor: 'stamp-book',
        consumers: expect.arrayContaining([place]),
        isInUse: true,
      }),
    );
  });
});
