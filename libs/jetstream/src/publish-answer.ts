import type { JetStreamApiError, PubAck } from '@nats-io/jetstream';

type ApiError = ConstructorParameters<typeof JetStreamApiError>[0];

/** What a stream answers to a publish. Undefined where it is no JSON: an error thrown to the client would end its reading for good. */
export function answerOf(data: Uint8Array): (PubAck & { error?: ApiError }) | undefined {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString();
  try {
    return JSON.parse(text) as PubAck & { error?: ApiError };
  } catch {
    return undefined;
  }
}
