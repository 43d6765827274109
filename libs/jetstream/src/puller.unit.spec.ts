import { eventually } from '@app/testing';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { afterEach, expect, it, jest } from '@jest/globals';
import { Puller } from './puller.js';

type Callback = (error: Error | null, message: Msg) => void;

/** What a server would be asked; it answers what a spec lets it answer. */
class Asked {
  readonly requests: { inbox: string; batch: number }[] = [];
  private readonly callbacks = new Map<string, Callback>();

  readonly connection = {
    isClosed: () => false,
    subscribe: (inbox: string, { callback }: { callback: Callback }) => {
      this.callbacks.set(inbox, callback);
      const unsubscribe = () => void this.callbacks.delete(inbox);
      return { unsubscribe, drain: () => Promise.resolve(unsubscribe()) };
    },
    publish: (_subject: string, request: string, { reply: inbox }: { reply: string }) =>
      this.requests.push({ inbox, ...(JSON.parse(request) as { batch: number }) }),
  } as unknown as NatsConnection;

  get inboxes(): string[] {
    return [...this.callbacks.keys()];
  }

  deliver(inbox: string): void {
    const reply = '$JS.ACK.EVENTS.notes.1.7.7.1700000000000000000.0';
    this.callbacks.get(inbox)?.(null, { subject: 'events.note.taken', reply } as Msg);
  }

  answer(inbox: string, code: number, pending: number): void {
    const headers = { code, description: 'Request Timeout', get: () => String(pending) };
    this.callbacks.get(inbox)?.(null, { subject: inbox, headers } as unknown as Msg);
  }
}

const pullers: Puller[] = [];

function start(concurrency: number) {
  const asked = new Asked();
  const settle: (() => void)[] = [];
  let inboxes = 0;
  const puller = new Puller({
    connection: asked.connection,
    stream: 'EVENTS',
    durable: 'notes',
    newInbox: () => `inbox-${(inboxes += 1)}`,
    concurrency,
    onMessage: () => new Promise((resolve) => settle.push(resolve)),
    onLost: () => undefined,
  });
  pullers.push(puller);
  void puller.start();
  return { asked };
}

afterEach(() => Promise.all(pullers.splice(0).map((puller) => puller.stop(0))));

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
