import type { SupervisedPart } from '../parts/supervised-part.js';
import { renderColumns } from '../../text/columns.js';

const COLORS = [36, 35, 33, 32, 34];
const RED = 31;
const GREEN = 32;
const BOLD = 1;

/**
 * The supervisor's terminal output: one table, then the lines of all parts. Each line begins with the part's name in the part's
 * color.
 */
export class Screen {
  private readonly hasColor: boolean;
  /** Names of the parts. The index of a name determines its color. */
  private readonly names: string[];

  /** @param names Names of the parts. Any other name is added when a line of its part is shown. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    names: readonly string[],
  ) {
    this.names = [...names];
    // `hasColors` follows NO_COLOR, FORCE_COLOR and TERM.
    this.hasColor = stream.isTTY && stream.hasColors();
    // Ignores errors, because the reader of the output may end before this process, as in `npm start | tee log`.
    stream.on('error', () => undefined);
  }

  say(text: string): void {
    this.stream.write(`${text}\n`);
  }

  /** Shows a line of a part's output, or a line about the part. */
  line({ name }: Pick<SupervisedPart, 'name'>, text: string): void {
    if (!this.names.includes(name)) this.names.push(name);
    const color = COLORS[this.names.indexOf(name) % COLORS.length]!;
    const width = Math.max(...this.names.map(({ length }) => length)) + '[]'.length;
    this.say(`${this.paint(color, `[${name}]`.padEnd(width))} ${text}`.trimEnd());
  }

  table(parts: readonly SupervisedPart[]): void {
    const [heading, ...lines] = renderColumns(
      ['part', 'state', 'ms', 'URL', ''],
      parts.map(({ name, state, reason, readyAfterMs = '', run }) => {
        const note = run?.note ?? reason.split('\n', 1)[0];
        return [name, state, String(readyAfterMs), run?.url, note && `(${note})`];
      }),
    );
    const colored = lines.map((line, index) => {
      const { state } = parts[index]!;
      return line.replace(state, this.paint(state === 'ready' ? GREEN : RED, state));
    });
    this.say(
      ['', this.paint(BOLD, heading!), ...colored, ''].map((line) => `  ${line}`.trimEnd()).join('\n'),
    );
  }

  /** Reports the state of a part, except for the states `starting` and `stopped`. */
  state(part: SupervisedPart): void {
    if (part.state === 'failed') this.failure(part);
    if (part.state === 'restarting') this.line(part, this.paint(RED, `${part.reason}; starting it again`));
    if (part.state === 'ready') this.line(part, this.paint(GREEN, `ready at ${part.run?.url}`));
  }

  /** Reports that a part failed, with the reason and the part's last lines. */
  failure(part: SupervisedPart): void {
    this.say(this.paint(RED, `\n${part.name} failed: ${part.reason}`));
    if (part.lastLines.length > 0) this.say('Its last lines:');
    for (const line of part.lastLines) this.line(part, line);
  }

  private paint(color: number, text: string): string {
    return this.hasColor ? `\x1b[${color}m${text}\x1b[0m` : text;
  }
}
