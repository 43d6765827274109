/** Delivery, as described by the subject for its acknowledgement. */
export interface AckSubject {
  readonly stream: string;
  /** Number of deliveries of the message by JetStream, starting at 1. */
  readonly deliveries: number;
  /** Sequence of the message in the stream. */
  readonly sequence: number;
  readonly storedAt: Date;
}

/** Matches `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<ns>.<pending>`. */
const ACK = /^\$JS\.ACK\.([^.]+)\.[^.]+\.(\d+)\.(\d+)\.\d+\.(\d{1,13})\d{6}\.\d+$/;
/** Matches the subject with a domain and an account hash before the stream. The last token is optional. */
const ACK_OF_DOMAIN =
  /^\$JS\.ACK\.[^.]+\.[^.]+\.([^.]+)\.[^.]+\.(\d+)\.(\d+)\.\d+\.(\d{1,13})\d{6}\.\d+(?:\..*)?$/;

/** Returns the delivery that an acknowledgement subject of JetStream describes; undefined for any other subject. */
export function readAckSubject(reply: string | undefined): AckSubject | undefined {
  if (!reply) return undefined;
  const parts = ACK.exec(reply) ?? ACK_OF_DOMAIN.exec(reply);
  if (!parts) return undefined;
  const [, stream = '', deliveries, sequence, milliseconds] = parts;
  return {
    stream,
    deliveries: Number(deliveries),
    sequence: Number(sequence),
    storedAt: new Date(Number(milliseconds)),
  };
}

/** Returns the number of messages that still waited for the consumer when the message was delivered. */
export function pendingIn(reply: string): number {
  const parts = reply.split('.');
  return Number(parts[parts.length === 9 ? 8 : 10]) || 0;
}
