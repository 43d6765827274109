/** What the subject for the answer to a delivery says of it. */
export interface AckSubject {
  readonly stream: string;
  /** How often JetStream has delivered the message, from 1. */
  readonly deliveries: number;
  /** Place of the message in the stream. */
  readonly sequence: number;
  readonly storedAt: Date;
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<ns>.<pending>` */
const ACK = /^\$JS\.ACK\.([^.]+)\.[^.]+\.(\d+)\.(\d+)\.\d+\.(\d{1,13})\d{6}\.\d+$/;
/** The same with the domain and the hash of the account before the stream; what comes last may be left out. */
const ACK_OF_DOMAIN =
  /^\$JS\.ACK\.[^.]+\.[^.]+\.([^.]+)\.[^.]+\.(\d+)\.(\d+)\.\d+\.(\d{1,13})\d{6}\.\d+(?:\..*)?$/;

/** Undefined where it is none: then no stream has sent the message. */
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

/** How many messages waited behind this one when it was delivered. */
export function pendingIn(reply: string): number {
  const parts = reply.split('.');
  return Number(parts[parts.length === 9 ? 8 : 10]) || 0;
}
