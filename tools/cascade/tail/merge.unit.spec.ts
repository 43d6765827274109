import { describe, expect, it } from '@jest/globals';
import { merge, type Source } from './merge.js';

interface Message {
  readonly name: string;
  readonly time: Date;
}

function message(name: string, at: number): Message {
  return { name, time: new Date(at) };
}

/** Yields stored messages immediately, and all other messages when `released` resolves. */
async function* source(messages: Message[], past: number, released: Promise<void>): AsyncGenerator<Message> {
  yield* messages.slice(0, past);
  await released;
  yield* messages.slice(past);
}

describe('Messages of two streams', () => {
  it('are ordered by time if they were already stored, and follow in the order of arrival if they are new', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const never = Promise.resolve();
    const left: Source<Message> = { messages: source([message('a', 1), message('d', 4)], 2, never), past: 2 };
    const right: Source<Message> = {
      messages: source([message('b', 2), message('c', 3), message('e', 5)], 2, released),
      past: 2,
    };
    const seen: string[] = [];
    for await (const { name } of merge([left, right])) {
      seen.push(name);
      if (name === 'd') release();
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('do not wait for a stream without stored messages', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const quiet: Source<Message> = { messages: source([message('late', 1)], 0, released), past: 0 };
    const busy: Source<Message> = { messages: source([message('now', 2)], 1, Promise.resolve()), past: 1 };
    const seen: string[] = [];
    for await (const { name } of merge([quiet, busy])) {
      seen.push(name);
      release();
    }
    expect(seen).toEqual(['now', 'late']);
  });
});
