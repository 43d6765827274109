import type { JetStreamApiError, PubAck } from '@nats-io/jetstream';
import { isPlainPubAck } from './fast/plain-pub-ack.js';

type ApiError = ConstructorParameters<typeof JetStreamApiError>[0];

/** Result of a publish: confirmed, or refused with an error; undefined if the reply did not come from a stream. */
type PublishAnswer = 'confirmed' | ApiError | undefined;

export function answerText(data: Uint8Array): string {
  const buffer = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return buffer.toString();
}

/** Reads the reply to a publish. Never throws, because an error would permanently stop the client from reading messages. */
export function readAnswer(text: string): PublishAnswer {
  return isPlainPubAck(text) ? 'confirmed' : parseAnswer(text);
}

/** Reads the reply to a publish without the fast path of {@link readAnswer}. */
export function parseAnswer(text: string): PublishAnswer {
  const answer = parse(text);
  if (answer?.error) return answer.error;
  // Any subscriber of the subject may reply. Only the reply of a stream names the stream and the sequence of the message.
  return answer?.stream && answer.seq ? 'confirmed' : undefined;
}

/** Returns true if the stream already had a message with the same id, and therefore dropped the new message. */
export function isDuplicate(pubAck: string): boolean {
  // The string search avoids most parsing, because duplicates are rare.
  return pubAck.includes('"duplicate"') && parse(pubAck)?.duplicate === true;
}

function parse(text: string): (PubAck & { error?: ApiError }) | undefined {
  try {
    return JSON.parse(text) as PubAck & { error?: ApiError };
  } catch {
    return undefined;
  }
}
