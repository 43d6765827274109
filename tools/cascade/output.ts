import { fit, renderColumns, type Row } from '../text/columns.js';
import type { Host } from './host.js';

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
export type Style = keyof typeof STYLES;

export interface TableOptions {
  /** True to cut lines to the width of the terminal. */
  isCut?: boolean;
  /** Colors the line of a row, or returns the line unchanged. */
  paint?: (line: string, row: number) => string;
}

/** Writes a command's result to stdout, as text or JSON, and everything else to stderr. */
export class Output {
  private readonly hasColor: boolean;

  constructor(
    private readonly host: Host,
    /** True for `--json`. */
    readonly isJson: boolean,
  ) {
    const { stdout, env } = host;
    // `hasColors` follows NO_COLOR, FORCE_COLOR and TERM.
    this.hasColor = !isJson && stdout.isTTY === true && (stdout.hasColors?.(env) ?? false);
  }

  /** Maximum width of a line, in characters; Infinity if the output is piped. */
  get width(): number {
    return this.host.stdout.isTTY ? (this.host.stdout.columns ?? 80) : Infinity;
  }

  result(value: unknown, lines: () => readonly string[]): void {
    if (this.isJson) this.line(JSON.stringify(value, null, 2));
    else for (const line of lines()) this.line(line);
  }

  line(text: string): void {
    this.host.stdout.write(`${text}\n`);
  }

  /** Writes a remark that is not part of the result. */
  note(text: string): void {
    this.host.stderr.write(`${text}\n`);
  }

  /** Rewrites the last line of a terminal. Writes nothing if stderr is not a terminal. */
  progress(text: string): void {
    if (this.host.stderr.isTTY) this.host.stderr.write(`\r\x1b[K${text}`);
  }

  /** Aligns rows under a bold heading, one line per row. */
  table(heading: Row, rows: readonly Row[], { isCut, paint = (line) => line }: TableOptions = {}): string[] {
    const lines = renderColumns(heading, rows).map((line) => (isCut ? fit(line, this.width) : line));
    return lines.map((line, index) => (index === 0 ? this.paint('bold', line) : paint(line, index - 1)));
  }

  paint(style: Style, text: string): string {
    return this.hasColor ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
  }
}
