import type { Host } from './host.js';

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof STYLES;

/** Where a command's result goes: stdout, as text for people or as JSON; what is said besides goes to stderr. */
export class Output {
  private readonly colourful: boolean;

  constructor(
    private readonly host: Host,
    /** Asked for with `--json`. */
    readonly isJson: boolean,
  ) {
    const { stdout, env } = host;
    // Follows NO_COLOR, FORCE_COLOR and TERM.
    this.colourful = !isJson && stdout.isTTY === true && (stdout.hasColors?.(env) ?? false);
  }

  /** Somebody looks at stderr as it is written. */
  get isWatched(): boolean {
    return this.host.stderr.isTTY === true;
  }

  /** Characters of a line; endless where the output is piped. */
  get width(): number {
    return this.host.stdout.isTTY ? (this.host.stdout.columns ?? 80) : Infinity;
  }

  /** The whole result: one JSON value, or its lines. */
  result(value: unknown, lines: () => readonly string[]): void {
    if (this.isJson) this.line(JSON.stringify(value, null, 2));
    else for (const line of lines()) this.line(line);
  }

  line(text: string): void {
    this.host.stdout.write(`${text}\n`);
  }

  /** What is no part of the result. */
  note(text: string): void {
    this.host.stderr.write(`${text}\n`);
  }

  /** Rewrites the last line of a terminal; shows nothing where nobody watches. */
  progress(text: string): void {
    if (this.isWatched) this.host.stderr.write(`\r\x1b[K${text}`);
  }

  paint(style: Style, text: string): string {
    return this.colourful ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
  }
}
