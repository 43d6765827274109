import { errors } from '@nats-io/transport-node';

/** Matches a valid header name. The name may be empty, because client and server accept an empty name. */
const NAME = /^[\x21-\x39\x3b-\x7e]*$/;

/**
 * Outgoing headers, kept as one string for the wire. The client's header class is slower, because it checks every name and value
 * several times. This class refuses the same names and values, because headers of strangers are copied to retries.
 */
export class OutgoingHeaders implements Iterable<[string, string[]]> {
  /** @param lines valid header lines, each with its line break */
  constructor(private lines = '') {}

  /** @throws InvalidArgumentError if the name is not valid, or the value has a line break */
  add(name: string, value: string): void {
    if (!NAME.test(name)) {
      throw new errors.InvalidArgumentError(`'${name}' is not a valid header name`);
    }
    this.lines += lineOf(name, value);
  }

  /** Replaces all values of a header. */
  set(name: string, value: string): void {
    if (this.has(name)) this.lines = this.linesWithout(name);
    this.add(name, value);
  }

  has(name: string): boolean {
    return `\r\n${this.lines}`.includes(`\r\n${name}: `);
  }

  /** Returns the first value of a header; an empty string if the header is missing. */
  get(name: string): string {
    for (const [known, [value = '']] of this) if (known === name) return value;
    return '';
  }

  *[Symbol.iterator](): Generator<[string, string[]]> {
    for (const line of this.lines.split('\r\n').slice(0, -1)) {
      const colon = line.indexOf(':');
      yield [line.slice(0, colon), [line.slice(colon + 2)]];
    }
  }

  /**
   * Encodes the headers for the wire.
   *
   * @param more further lines, created by {@link lineOf}
   */
  encode(more = ''): Uint8Array {
    return Buffer.from(`NATS/1.0\r\n${this.lines}${more}\r\n`);
  }

  private linesWithout(name: string): string {
    const others = this.lines.split('\r\n').filter((line) => !line.startsWith(`${name}: `));
    return others.join('\r\n');
  }
}

/**
 * Returns a header line with its line break. The name must be valid.
 *
 * @throws InvalidArgumentError if the value has a line break
 */
export function lineOf(name: string, value: string): string {
  if (value.includes('\n') || value.includes('\r')) {
    throw new errors.InvalidArgumentError(`header ${name} must not have line breaks`);
  }
  return `${name}: ${value}\r\n`;
}
