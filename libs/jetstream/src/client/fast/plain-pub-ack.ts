/**
 * The fast way to a confirmation. It saves parsing the JSON of nearly every PubAck. It stands behind `readAnswer`, and
 * plain-pub-ack.unit.spec.ts holds that each match is a confirmation for the parser too.
 */

const PLAIN_PUB_ACK = /^\{"stream":"[\w-]+", ?"seq":[1-9]\d*(, ?"duplicate": ?true)?\}$/;

/** True for a PubAck as servers write it. False if it says anything more, such as a domain. */
export function isPlainPubAck(answer: string): boolean {
  return PLAIN_PUB_ACK.test(answer);
}
