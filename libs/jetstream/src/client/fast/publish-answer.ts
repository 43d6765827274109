import type { JetStreamApiError, PubAck } from '@nats-io/jetstream';

type ApiError = ConstructorParameters<typeof JetStreamApiError>[0];

/** A PubAck as servers word it: sooner seen than parsed. Whatever says more is parsed. */
const STORED = /^\{"stream":"[\w-]+", ?"seq":[1-9]\d*(, ?"duplicate": ?true)?\}$/;

export function textOf(data: Uint8Array): string {
  return (
    Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  ).toString();
}

export function isPlainlyStored(answer: string): boolean {
  return STORED.test(answer);
}

/** Whether a stream that has confirmed a message had one of its id already, and dropped this one. */
export function isDuplicate(pubAck: string): boolean {
  // Parsed only where it may be true, which is seldom.
  return pubAck.includes('"duplicate"') && answerOf(pubAck)?.duplicate === true;
}

/** What a stream answers to a publish. Undefined where it is no JSON: an error thrown to the client would end its reading for good. */
export function answerOf(text: string): (PubAck & { error?: ApiError }) | undefined {
  try {
    return JSON.parse(text) as PubAck & { error?: ApiError };
  } catch {
    return undefined;
  }
}
