import { errors } from '@nats-io/transport-node';

/** Without a character it is a name too, to the client and the server. */
const NAME = /^[\x21-\x39\x3b-\x7e]*$/;

/**
 * Headers on their way out, written as they will go on the wire: the client's own look at every name and value several times.
 * What those refuse is refused here too, since names and values of strangers are carried on.
 */
export class OutgoingHeaders implements Iterable<[string, string[]]> {
  /** @param lines of what is known to be sound, each with its line break */
  constructor(private lines = '') {}

  /** @throws InvalidArgumentError where the name is none, or the value has a line break */
  add(name: string, value: string): void {
    if (!NAME.test(name)) {
      throw new errors.InvalidArgumentError(`'${name}' is not a valid header name`);
    }
    this.lines += lineOf(name, value);
  }

  /** In place of what it had. */
  set(name: string, value: string): void {
    if (this.has(name)) this.lines = this.linesWithout(name);
    this.add(name, value);
  }

  has(name: string): boolean {
    return `\r\n${this.lines}`.includes(`\r\n${name}: `);
  }

  /** The first value; empty where there is none. */
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

  /** @param more lines that follow these, of {@link lineOf} */
  encode(more = ''): Uint8Array {
    return Buffer.from(`NATS/1.0\r\n${this.lines}${more}\r\n`);
  }

  private linesWithout(name: string): string {
    const others = this.lines.split('\r\n').filter((line) => !line.startsWith(`${name}: `));
    return others.join('\r\n');
  }
}

/**
 * A header of a sound name, with its line break.
 *
 * @throws InvalidArgumentError where the value has a line break
 */
export function lineOf(name: string, value: string): string {
  if (value.includes('\n') || value.includes('\r')) {
    throw new errors.InvalidArgumentError(`header ${name} must not have line breaks`);
  }
  return `${name}: ${value}\r\n`;
}
