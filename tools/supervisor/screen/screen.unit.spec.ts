import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Screen } from './screen.js';
import type { SupervisedPart } from '../parts/supervised-part.js';

function screenOn(terminal: { isTTY: boolean; colours: boolean }) {
  const stream = Object.assign(new PassThrough(), {
    isTTY: terminal.isTTY,
    hasColors: () => terminal.colours,
  }) as unknown as NodeJS.WriteStream & PassThrough;
  const screen = new Screen(stream, ['signup', 'metadata-writer']);
  return { screen, shown: () => String(stream.read() ?? '') };
}

function part(state: Partial<SupervisedPart>): SupervisedPart {
  return { name: 'signup', state: 'ready', reason: '', lastLines: [], ...state } as SupervisedPart;
}

describe('The screen', () => {
  it('shows lines behind the names of their parts, which take the same room', () => {
    const { screen, shown } = screenOn({ isTTY: false, colours: false });
    screen.line(part({}), 'one');
    screen.line(part({ name: 'metadata-writer' }), 'two');
    expect(shown()).toBe('[signup]          one\n[metadata-writer] two\n');
  });

  it('gives each part a colour of its own, on a terminal that has colours', () => {
    const { screen, shown } = screenOn({ isTTY: true, colours: true });
    screen.line(part({}), 'one');
    screen.line(part({ name: 'metadata-writer' }), 'two');
    // eslint-disable-next-line no-control-regex
    const [one, two] = [...shown().matchAll(/^\x1b\[(\d+)m\[/gm)].map(([, colour]) => colour);
    expect(one).not.toBe(two);
  });

  it('gives a part that came later a colour too, and the others its room', () => {
    const { screen, shown } = screenOn({ isTTY: true, colours: true });
    screen.line(part({ name: 'a-part-that-came-later' }), 'one');
    screen.line(part({}), 'two');
    // eslint-disable-next-line no-control-regex
    const lines = shown().match(/\x1b\[\d+m\[\S+ *\x1b/g)!;
    expect(lines).toHaveLength(2);
    expect(lines[0]).toHaveLength(lines[1]!.length);
  });

  it.each([
    ['is no terminal', { isTTY: false, colours: true }],
    ['wants none, as with NO_COLOR', { isTTY: true, colours: false }],
  ])('uses no colour where its output %s', (_, terminal) => {
    const { screen, shown } = screenOn(terminal);
    screen.line(part({}), 'one');
    screen.table([part({})]);
    expect(shown()).not.toContain('\x1b');
  });

  it('shows a part that failed, why, and its last lines', () => {
    const { screen, shown } = screenOn({ isTTY: false, colours: false });
    screen.state(part({ state: 'failed', reason: 'exited with code 1', lastLines: ['one', 'two'] }));
    expect(shown()).toBe(
      '\nsignup failed: exited with code 1\nIts last lines:\n[signup]          one\n[signup]          two\n',
    );
  });

  it('survives the end of whoever reads it', () => {
    const { screen } = screenOn({ isTTY: false, colours: false });
    const stream = screen['stream'] as unknown as PassThrough;
    expect(() => stream.emit('error', new Error('EPIPE'))).not.toThrow();
  });
});
