/**
 * Fast path of `readAnswer`, which recognizes nearly every confirmation without parsing the JSON of the PubAck.
 * plain-pub-ack.unit.spec.ts checks that every match is also a confirmation for the parser.
 */

const PLAIN_PUB_ACK = /^\{"stream":"[\w-]+", ?"seq":[1-9]\d*(, ?"duplicate": ?true)?\}$/;

/**
 * Returns true for a PubAck in the form that servers usually write. Returns false for any other reply, such as an error or a
 * PubAck with a domain.
 */
export function isPlainPubAck(answer: string): boolean {
  return PLAIN_PUB_ACK.test(answer);
}
