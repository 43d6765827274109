import { eventually } from '@cascade/testing';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, it, jest } from '@jest/globals';
import { Puller } from './puller.js';

type Callback = (error: Error | null, message: Msg) => void;

/** What a server would be asked; it answers what a spec lets it answer. */
class Asked {
  readonly requests: { inbox: string; batch: number; expires: number }[] = [];
  /** What tells a draining subscription that everything is here. */
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

  /** As anybody may who knows the inbox. */
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
  const asked = new Asked();
  const settle: (() => void)[] = [];
  const fail: ((error: Error) => void)[] = [];
  const lost: string[] = [];
  let inboxes = 0;
  const puller = new Puller({
    connection: asked.connection,
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
  return { asked, puller, started, inHand: settle, settleAll, fail, lost };
}

afterEach(() => Promise.all(pullers.splice(0).map((puller) => puller.stop(0))));

it('takes what comes late for what it asked before it asked again, beside what it asked now', async () => {
  const { asked, puller, inHand, settleAll } = start(2);
  puller.restart();
  expect(asked.requests).toMatchObject([
    { inbox: 'inbox-1', batch: 2 },
    { inbox: 'inbox-2', batch: 2 },
  ]);

  asked.deliver('inbox-1');
  asked.answer('inbox-1', 408, 1);
  expect(inHand).toHaveLength(1);
  await settleAll();
  // Both of the second request are still to come.
  expect(asked.requests).toHaveLength(2);

  asked.deliver('inbox-2');
  asked.deliver('inbox-2');
  expect(inHand).toHaveLength(2);
  expect(asked.requests).toHaveLength(2);
  await settleAll();
  expect(asked.requests.slice(2).reduce((sum, { batch }) => sum + batch, 0)).toBe(2);
});

it('counts what comes late among what it may let come', () => {
  const { asked, puller } = start(10);
  asked.answer('inbox-1', 408, 10);
  puller.allow(0);
  asked.answer('inbox-1', 408, 10);
  const before = asked.requests.length;
  puller.allow(2);
  puller.restart();
  expect(asked.requests.slice(before).map(({ batch }) => batch)).toEqual([2, 2]);
  asked.deliver('inbox-1');
  asked.answer('inbox-2', 408, 2);
  expect(asked.requests.at(-1)).toMatchObject({ inbox: 'inbox-2', batch: 1 });
});

it('waits until everything is here that was sent for what it asked before, and keeps no subscription', async () => {
  const { asked, puller, inHand } = start(1);
  puller.restart();
  puller.restart();
  expect(asked.inboxes).toEqual(['inbox-1', 'inbox-2', 'inbox-3']);
  asked.deliver('inbox-1');
  expect(inHand).toHaveLength(1);
  for (const drained of asked.draining.splice(0)) drained();
  expect(asked.inboxes).toEqual(['inbox-3']);
});

it('asks again after a silence, also where the clock steps back', async () => {
  const time = Date.now.bind(Date);
  const { asked } = start(1);
  const stepped = jest.spyOn(Date, 'now').mockImplementation(() => time() - 3_600_000);
  try {
    await eventually(() => expect(asked.requests.map(({ inbox }) => inbox)).toContain('inbox-2'), {
      timeout: 8_000,
    });
  } finally {
    stepped.mockRestore();
  }
});

it.each(['', 'somebody', '$JS.ACK.x', '$JS.ACK.EVENTS.notes.1.7.7.many.0'])(
  'ignores a message that no stream sent, with the reply %p',
  (reply) => {
    const { asked, inHand } = start(1);
    asked.deliver('inbox-1', reply);
    expect(inHand).toHaveLength(0);
    // What it asked for is still to come.
    expect(asked.requests).toHaveLength(1);
    asked.deliver('inbox-1');
    expect(inHand).toHaveLength(1);
  },
);

it('takes for no news of the server what tells no status, or cannot be read', async () => {
  const { asked, started, lost } = start(1);
  let isAlive = false;
  void started.then(() => (isAlive = true));
  asked.say('inbox-1', {});
  asked.say('inbox-1', {
    get headers(): never {
      throw new Error('as the client does, and the rest of what it has received is never read');
    },
  });
  await new Promise(setImmediate);
  expect({ lost, isAlive }).toEqual({ lost: [], isAlive: false });
  asked.answer('inbox-1', 100, 0);
  await started;
});

it('has the place of a message back also where taking it rejects', async () => {
  const { asked, fail } = start(1);
  asked.deliver('inbox-1');
  expect(asked.requests).toHaveLength(1);
  fail[0]!(new Error('against the contract'));
  await eventually(() => expect(asked.requests).toHaveLength(2));
});

it('asks for more than has a place while messages end quickly, and for those for a second only', async () => {
  const { asked, settleAll } = start(4);
  const SECOND = 1_000_000_000;
  const sumOf = (requests: typeof asked.requests) => requests.reduce((sum, { batch }) => sum + batch, 0);
  let delivered = 0;
  let expired = 0;
  const outstanding = () => sumOf(asked.requests) - delivered - expired;
  const expire = () => {
    expired += 1;
    asked.answer('inbox-1', 408, 1);
  };
  expect(outstanding()).toBe(4);
  await eventually(async () => {
    for (let round = 0; round < 100; round++) {
      for (; outstanding() > 0; delivered += 1) asked.deliver('inbox-1');
      await settleAll();
    }
    expect(outstanding()).toBe(8);
  });
  const lasting = asked.requests.slice(-8).filter(({ expires }) => expires > SECOND);
  expect(sumOf(lasting)).toBeLessThanOrEqual(4);

  // None ends any more: what expires is not asked for again.
  await eventually(() => {
    expire();
    expect(outstanding()).toBe(4);
  });
  expire();
  expect(outstanding()).toBe(4);
  expect(asked.requests.at(-1)!.expires).toBeGreaterThan(SECOND);
});
