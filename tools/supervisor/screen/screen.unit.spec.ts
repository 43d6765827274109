import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { Screen } from './screen.js';
import type { SupervisedPart } from '../parts/supervised-part.js';

function screenOn(terminal: { isTTY: boolean; colors: boolean }) {
  const stream = Object.assign(new PassThrough(), {
    isTTY: terminal.isTTY,
    hasColors: () => terminal.colors,
  }) as unknown as NodeJS.WriteStream & PassThrough;
  const screen = new Screen(stream, ['signup', 'metadata-writer']);
  return { screen, shown: () => String(stream.read() ?? '') };
}

function part(state: Partial<SupervisedPart>): SupervisedPart {
  return { name: 'signup', state: 'ready', reason: '', lastLines: [], ...state } as SupervisedPart;
}

describe('The screen', () => {
  it('aligns the table, and puts a note after its URL', () => {
    const { screen, shown } = screenOn({ isTTY: false, colors: false });
    const run = (url: string, note: string) => ({ url, note }) as SupervisedPart['run'];
    screen.table([
      part({ name: 'broker', readyAfterMs: 212, run: run('nats://127.0.0.1:4222', 'nats-server 2.12.1') }),
      part({
        name: 'metadata-writer',
        readyAfterMs: 4100,
        run: run('http://localhost:3003', '3002 is taken'),
      }),
      part({ name: 'signup', state: 'failed' }),
    ]);
    expect(shown().split('\n')).toEqual([
      '',
      '  part             state     ms  URL',
      '  broker           ready    212  nats://127.0.0.1:4222  (nats-server 2.12.1)',
      '  metadata-writer  ready   4100  http://localhost:3003  (3002 is taken)',
      '  signup           failed',
      '',
      '',
    ]);
  });

  it('prefixes lines with the names of their parts, in one width', () => {
    const { screen, shown } = screenOn({ isTTY: false, colors: false });
    screen.line(part({}), 'one');
    screen.line(part({ name: 'metadata-writer' }), 'two');
    expect(shown()).toBe('[signup]          one\n[metadata-writer] two\n');
  });

  it('gives each part its own color on a color terminal', () => {
    const { screen, shown } = screenOn({ isTTY: true, colors: true });
    screen.line(part({}), 'one');
    screen.line(part({ name: 'metadata-writer' }), 'two');
    // eslint-disable-next-line no-control-regex
    const [one, two] = [...shown().matchAll(/^\x1b\[(\d+)m\[/gm)].map(([, color]) => color);
    expect(one).not.toBe(two);
  });

  it('gives a later part a color too, and widens the prefix of the others', () => {
    const { screen, shown } = screenOn({ isTTY: true, colors: true });
    screen.line(part({ name: 'a-part-that-came-later' }), 'one');
    screen.line(part({}), 'two');
    // eslint-disable-next-line no-control-regex
    const lines = shown().match(/\x1b\[\d+m\[\S+ *\x1b/g)!;
    expect(lines).toHaveLength(2);
    expect(lines[0]).toHaveLength(lines[1]!.length);
  });

  it.each([
    ['is not a terminal', { isTTY: false, colors: true }],
    ['has no colors, as with NO_COLOR', { isTTY: true, colors: false }],
  ])('uses no color if its output %s', (_, terminal) => {
    const { screen, shown } = screenOn(terminal);
    screen.line(part({}), 'one');
    screen.table([part({})]);
    expect(shown()).not.toContain('\x1b');
  });

  it('shows a failed part, the reason, and its last lines', () => {
    const { screen, shown } = screenOn({ isTTY: false, colors: false });
    screen.state(part({ state: 'failed', reason: 'exited with code 1', lastLines: ['one', 'two'] }));
    expect(shown()).toBe(
      '\nsignup failed: exited with code 1\nIts last lines:\n[signup]          one\n[signup]          two\n',
    );
  });

  it('survives the end of its reader', () => {
    const { screen } = screenOn({ isTTY: false, colors: false });
    const stream = screen['stream'] as unknown as PassThrough;
    expect(() => stream.emit('error', new Error('EPIPE'))).not.toThrow();
  });
});
