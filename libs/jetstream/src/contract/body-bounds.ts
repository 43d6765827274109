/** Fields of objects and elements of arrays that a body may have, however they are nested. */
const MOST_VALUES = 10_000;
/** Objects and arrays that may lie within each other. */
const DEEPEST = 256;
/** Bytes of a body that is looked at only where it takes the careful way: so few hold no more than 2,048 values. */
const SMALL = 4_096;

const [QUOTE, COMMA, OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = Buffer.from('",[\\]{}') as unknown as [
  ...[number, number, number, number, number, number, number],
];

/**
 * What is wrong with the size or depth of a body: undefined for nearly all. Looks at its bytes, before anything is made of them: a
 * millisecond for 660 KB.
 *
 * Within the bounds the longest validation takes some 0.1 s, in which nothing else runs in the process: 10,000 unknown keys of one
 * object 100 ms, 5,000 nested objects that each break two rules 90 ms. Of 30,000 keys it was 500 ms. A contract that contains
 * itself in arrays overflows the stack at 1,000 levels, one without such recursion at 4,000.
 */
export function boundsFault(body: Uint8Array): string | undefined {
  let [values, depth] = [0, 0];
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!;
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === COMMA) values += 1;
    else if (byte === OPEN || byte === OPEN_LIST) {
      values += 1;
      depth += 1;
      if (depth > DEEPEST) return `the body nests deeper than ${DEEPEST} levels`;
    } else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1;
    if (values > MOST_VALUES) return `the body has more than ${MOST_VALUES.toLocaleString('en')} values`;
  }
  return undefined;
}

/** Whether so few bytes need a look only where the event takes the careful way. */
export function isSmall(body: Uint8Array): boolean {
  return body.length <= SMALL;
}

/** Characters of a string that are looked at one by one: the search that skips a long one takes that long to begin. */
const SHORT = 32;

/** Where its closing quote stands. */
function endOfString(body: Uint8Array, from: number): number {
  let at = from + 1;
  for (const short = at + SHORT; at < short; at++) {
    if (body[at] === QUOTE) return at;
    if (body[at] === BACKSLASH) at++;
  }
  for (;;) {
    const quote = body.indexOf(QUOTE, at);
    if (quote < 0) return body.length;
    let begin = quote;
    while (begin > at && body[begin - 1] === BACKSLASH) begin--;
    if ((quote - begin) % 2 === 0) return quote;
    at = quote + 1;
  }
}
