import { eventually } from '@cascade/testing';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, it, jest } from '@jest/globals';
import { Puller } from './puller.js';

type Callback = (error: Error | null, message: Msg) => void;

/** Fake server that records the requests, and replies as the spec instructs. */
class FakeServer {
  readonly requests: { inbox: string; batch: number; expires: number }[] = [];
  /** Callbacks that each end one drain of a subscription. */
  readonly draining: (() => void)[] = [];
  private readonly callbacks = new Map<string, Callback>();

  readonly connection = {
    isClosed: () => false,
    subscribe: (inbox: string, { callback }: { callback: Callback }) => {
      this.callbacks.set(inbox, callback);
      const unsubscribe = () => void this.callbacks.delete(inbox);
      const drain = () =>
        new Promise<void>((drained) => this.draining.push(() => (unsubscribe(), drained())));
      return { unsubscribe, drain };
    },
    publish: (_subject: string, request: string, { reply: inbox }: { reply: string }) =>
      this.requests.push({ inbox, ...(JSON.parse(request) as { batch: number; expires: number }) }),
  } as unknown as NatsConnection;

  get inboxes(): string[] {
    return [...this.callbacks.keys()];
  }

  deliver(inbox: string, reply = '$JS.ACK.EVENTS.notes.1.7.7.1700000000000000000.0'): void {
    this.callbacks.get(inbox)?.(null, { subject: 'events.note.taken', reply } as Msg);
  }

  answer(inbox: string, code: number, pending: number): void {
    const headers = { code, description: 'Request Timeout', get: () => String(pending) };
    this.say(inbox, { headers: headers as unknown as Msg['headers'] });
  }

  /** Publishes to an inbox, as any client that knows the inbox may do. */
  say(inbox: string, message: Partial<Msg>): void {
    const said = Object.defineProperties(
      { subject: inbox } as Msg,
      Object.getOwnPropertyDescriptors(message),
    );
    this.callbacks.get(inbox)?.(null, said);
  }
}

const pullers: Puller[] = [];

function start(concurrency: number) {
  const server = new FakeServer();
  const settle: (() => void)[] = [];
  const fail: ((error: Error) => void)[] = [];
  const lost: string[] = [];
  let inboxes = 0;
  const puller = new Puller({
    connection: server.connection,
    stream: 'EVENTS',
    durable: 'notes',
    newInbox: () => `inbox-${(inboxes += 1)}`,
    concurrency,
    onMessage: () => new Promise((resolve, reject) => (settle.push(resolve), fail.push(reject))),
    onLost: (reason) => lost.push(reason),
  });
  pullers.push(puller);
  const started = puller.start();
  const settleAll = async () => {
    for (const settled of settle.splice(0)) settled();
    await new Promise(setImmediate);
  };
  return { server, puller, started, inFlight: settle, settleAll, fail, lost };
}

afterEach(() => Promise.all(pullers.splice(0).map((puller) => puller.stop(0))));

it('accepts late messages of a forgotten request, in addition to messages of the new request', async () => {
  const { server, puller, inFlight, settleAll } = start(2);
  puller.restart();
  expect(server.requests).toMatchObject([
    { inbox: 'inbox-1', batch: 2 },
    { inbox: 'inbox-2', batch: 2 },
  ]);

  server.deliver('inbox-1');
  server.answer('inbox-1', 408, 1);
  expect(inFlight).toHaveLength(1);
  await settleAll();
  // Neither message of the second request has arrived yet.
  expect(server.requests).toHaveLength(2);

  server.deliver('inbox-2');
  server.deliver('inbox-2');
  expect(inFlight).toHaveLength(2);
  expect(server.requests).toHaveLength(2);
  await settleAll();
  expect(server.requests.slice(2).reduce((sum, { batch }) => sum + batch, 0)).toBe(2);
});

it('counts late messages against its allowance', () => {
  const { server, puller } = start(10);
  server.answer('inbox-1', 408, 10);
  puller.allow(0);
  server.answer('inbox-1', 408, 10);
  const before = server.requests.length;
  puller.allow(2);
  puller.restart();
  expect(server.requests.slice(before).map(({ batch }) => batch)).toEqual([2, 2]);
  server.deliver('inbox-1');
  server.answer('inbox-2', 408, 2);
  expect(server.requests.at(-1)).toMatchObject({ inbox: 'inbox-2', batch: 1 });
});

it('reads a forgotten request to its end, and keeps no subscription', async () => {
  const { server, puller, inFlight } = start(1);
  puller.restart();
  puller.restart();
  expect(server.inboxes).toEqual(['inbox-1', 'inbox-2', 'inbox-3']);
  server.deliver('inbox-1');
  expect(inFlight).toHaveLength(1);
  for (const drained of server.draining.splice(0)) drained();
  expect(server.inboxes).toEqual(['inbox-3']);
});

it('makes a new request after a silence, even when the clock steps back', async () => {
  const time = Date.now.bind(Date);
  const { server } = start(1);
  const stepped = jest.spyOn(Date, 'now').mockImplementation(() => time() - 3_600_000);
  try {
    await eventually(() => expect(server.requests.map(({ inbox }) => inbox)).toContain('inbox-2'), {
      timeout: 8_000,
    });
  } finally {
    stepped.mockRestore();
  }
});

it.each(['', 'nobody', '$JS.ACK.x', '$JS.ACK.EVENTS.notes.1.7.7.many.0'])(
  'ignores a message that was not sent by a stream, with the reply subject %p',
  (reply) => {
    const { server, inFlight } = start(1);
    server.deliver('inbox-1', reply);
    expect(inFlight).toHaveLength(0);
    // The request is still open.
    expect(server.requests).toHaveLength(1);
    server.deliver('inbox-1');
    expect(inFlight).toHaveLength(1);
  },
);

it('ignores a message without a status, and a message whose headers cannot be parsed', async () => {
  const { server, started, lost } = start(1);
  let isAlive = false;
  void started.then(() => (isAlive = true));
  server.say('inbox-1', {});
  server.say('inbox-1', {
    get headers(): never {
      throw new Error('if thrown to the client, this would end its reading for good');
    },
  });
  await new Promise(setImmediate);
  expect({ lost, isAlive }).toEqual({ lost: [], isAlive: false });
  server.answer('inbox-1', 100, 0);
  await started;
});

it('releases the permit of a message even if its handling rejects', async () => {
  const { server, fail } = start(1);
  server.deliver('inbox-1');
  expect(server.requests).toHaveLength(1);
  fail[0]!(new Error('against the contract'));
  await eventually(() => expect(server.requests).toHaveLength(2));
});

it('prefetches while messages end quickly, with requests that last only a second', async () => {
  const { server, settleAll } = start(4);
  const SECOND = 1_000_000_000;
  const sumOf = (requests: typeof server.requests) => requests.reduce((sum, { batch }) => sum + batch, 0);
  let delivered = 0;
  let expired = 0;
  const outstanding = () => sumOf(server.requests) - delivered - expired;
  const expire = () => {
    expired += 1;
    server.answer('inbox-1', 408, 1);
  };
  expect(outstanding()).toBe(4);
  await eventually(async () => {
    for (let round = 0; round < 100; round++) {
      for (; outstanding() > 0; delivered += 1) server.deliver('inbox-1');
      await settleAll();
    }
    expect(outstanding()).toBe(8);
  });
  const long = server.requests.slice(-8).filter(({ expires }) => expires > SECOND);
  expect(sumOf(long)).toBeLessThanOrEqual(4);

  // No more messages are settled, so the prefetch ends and expired prefetch requests are not renewed.
  await eventually(() => {
    expire();
    expect(outstanding()).toBe(4);
  });
  expire();
  expect(outstanding()).toBe(4);
  expect(server.requests.at(-1)!.expires).toBeGreaterThan(SECOND);
});
