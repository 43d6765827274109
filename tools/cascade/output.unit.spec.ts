import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { Output } from './output.js';
import { hostWith } from './test/session.js';

/** A stream that keeps its content, and acts as a terminal or a pipe. */
class TestScreen extends Writable {
  text = '';
  readonly columns = 40;

  constructor(readonly isTTY: boolean) {
    super();
  }

  hasColors(env: object): boolean {
    return this.isTTY && !('NO_COLOR' in env);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function outputTo(stdout: TestScreen, stderr: TestScreen, { json = false, env = {} } = {}): Output {
  return new Output(hostWith({ env }, { stdout, stderr }), json);
}

describe('The output of a command', () => {
  const terminal = () => new TestScreen(true);
  const pipe = () => new TestScreen(false);

  it('has color on a terminal, but not in a pipe, as JSON, or with NO_COLOR', () => {
    expect(outputTo(terminal(), pipe()).paint('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(outputTo(pipe(), terminal()).paint('red', 'x')).toBe('x');
    expect(outputTo(terminal(), pipe(), { json: true }).paint('red', 'x')).toBe('x');
    expect(outputTo(terminal(), pipe(), { env: { NO_COLOR: '1' } }).paint('red', 'x')).toBe('x');
  });

  it('has the width of a terminal, and no limit in a pipe', () => {
    expect(outputTo(terminal(), pipe()).width).toBe(40);
    expect(outputTo(pipe(), pipe()).width).toBe(Infinity);
  });

  it('is one JSON value, or lines', () => {
    const [asJson, asText] = [pipe(), pipe()];
    outputTo(asJson, pipe(), { json: true }).result({ total: 1 }, () => ['one']);
    outputTo(asText, pipe()).result({ total: 1 }, () => ['one', 'two']);
    expect(JSON.parse(asJson.text)).toEqual({ total: 1 });
    expect(asText.text).toBe('one\ntwo\n');
  });

  it('shows progress only on a terminal, apart from the result', () => {
    const [watched, unwatched, stdout] = [terminal(), pipe(), pipe()];
    outputTo(stdout, watched).progress('[██··]');
    outputTo(stdout, unwatched).progress('[██··]');
    expect(watched.text).toBe('\r\u001b[K[██··]');
    expect(unwatched.text).toBe('');
    expect(stdout.text).toBe('');
  });
});
