import type { Definition } from '../command-line.js';
import { countOption } from '../text/numbers.js';
import { TIME_FORMS, timeOption } from '../text/times.js';
import type { TailOptions } from './follow.js';

export const tailCommand: Definition = (parent, line) =>
  line
    .add(parent, 'tail', {
      summary: 'show events as they are stored',
      description:
        'Shows events and failure events as they are stored, one a line, until Ctrl-C. With --json each line is a JSON value.\n\n' +
        'With --no-follow it shows what is stored, oldest first, and ends; without --since that is all of it.',
      examples: [
        'tail',
        'tail user.signed-up --since 10m',
        "tail 'events.user.*' --count 5 --json",
        'tail --since 1h --no-follow',
        "tail 'failed.notifier.>'",
      ],
    })
    .argument(
      '[channel]',
      'an event, a channel or a pattern: user.signed-up, events.user.*, failed.>; default all',
    )
    .option('--since <time>', `begin with what was stored since then: ${TIME_FORMS}`, timeOption)
    .option('--count <number>', 'end after so many', countOption)
    .option('--no-follow', 'end after what is stored already')
    .action(line.run<TailOptions>(() => import('./follow.js')));
