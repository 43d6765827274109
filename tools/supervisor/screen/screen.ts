import type { SupervisedPart } from '../parts/supervised-part.js';
import { renderTable } from './table.js';

const COLOURS = [36, 35, 33, 32, 34];
const RED = 31;
const GREEN = 32;
const BOLD = 1;

/** What the supervisor shows: one table, then the lines of all parts, each behind its part's name, in its part's colour. */
export class Screen {
  readonly #colourful: boolean;
  /** In the order of their colours. */
  readonly #names: string[];

  /** @param names The parts; one that comes later is added at its first line. */
  constructor(
    private readonly stream: NodeJS.WriteStream,
    names: readonly string[],
  ) {
    this.#names = [...names];
    // Follows NO_COLOR, FORCE_COLOR and TERM.
    this.#colourful = stream.isTTY && stream.hasColors();
    // Whoever reads the output may be gone before this process is, as in `npm start | tee log`.
    stream.on('error', () => undefined);
  }

  say(text: string): void {
    this.stream.write(`${text}\n`);
  }

  /** A line of a part's output, or about it. */
  line({ name }: Pick<SupervisedPart, 'name'>, text: string): void {
    if (!this.#names.includes(name)) this.#names.push(name);
    const colour = COLOURS[this.#names.indexOf(name) % COLOURS.length]!;
    const width = Math.max(...this.#names.map(({ length }) => length)) + '[]'.length;
    this.say(`${this.#paint(colour, `[${name}]`.padEnd(width))} ${text}`.trimEnd());
  }

  table(parts: readonly SupervisedPart[]): void {
    const [heading, ...lines] = renderTable(
      parts.map(({ name, state, reason, readyAfterMs, run }) => ({
        part: name,
        state,
        milliseconds: readyAfterMs,
        url: run?.url ?? '',
        note: run?.note ?? reason.split('\n', 1)[0]!,
      })),
    );
    const coloured = lines.map((line, index) => {
      const { state } = parts[index]!;
      return line.replace(state, this.#paint(state === 'ready' ? GREEN : RED, state));
    });
    this.say(
      ['', this.#paint(BOLD, heading!), ...coloured, ''].map((line) => `  ${line}`.trimEnd()).join('\n'),
    );
  }

  /** What became of a part, where that is news. */
  state(part: SupervisedPart): void {
    if (part.state === 'failed') this.failure(part);
    if (part.state === 'restarting') this.line(part, this.#paint(RED, `${part.reason}; starting it again`));
    if (part.state === 'ready') this.line(part, this.#paint(GREEN, `ready at ${part.run?.url}`));
  }

  /** That a part failed, why, and its last lines. */
  failure(part: SupervisedPart): void {
    this.say(this.#paint(RED, `\n${part.name} failed: ${part.reason}`));
    if (part.lastLines.length > 0) this.say('Its last lines:');
    for (const line of part.lastLines) this.line(part, line);
  }

  #paint(colour: number, text: string): string {
    return this.#colourful ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }
}
