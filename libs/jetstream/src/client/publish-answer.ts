import type { JetStreamApiError, PubAck } from '@nats-io/jetstream';
import { isPlainPubAck } from './fast/plain-pub-ack.js';

type ApiError = ConstructorParameters<typeof JetStreamApiError>[0];

/** Confirmed, refused with an error, or undefined if no stream sent the answer. */
type PublishAnswer = 'confirmed' | ApiError | undefined;

export function answerText(data: Uint8Array): string {
  const buffer = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return buffer.toString();
}

/** Reads the reply to a publish. Never throws: an error thrown to the client would end its reading for good. */
export function readAnswer(text: string): PublishAnswer {
  return isPlainPubAck(text) ? 'confirmed' : parseAnswer(text);
}

/** {@link readAnswer} without the fast way. */
export function parseAnswer(text: string): PublishAnswer {
  const answer = parse(text);
  if (answer?.error) return answer.error;
  // Anybody who listens on the subject may reply. Only a stream says where it has stored the message.
  return answer?.stream && answer.seq ? 'confirmed' : undefined;
}

/** True if the stream had a message of the same id already, and dropped this one. */
export function isDuplicate(pubAck: string): boolean {
  // Parsed only if it may be true, which is rare.
  return pubAck.includes('"duplicate"') && parse(pubAck)?.duplicate === true;
}

function parse(text: string): (PubAck & { error?: ApiError }) | undefined {
  try {
    return JSON.parse(text) as PubAck & { error?: ApiError };
  } catch {
    return undefined;
  }
}
