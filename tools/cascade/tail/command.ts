import type { Definition } from '../command-line.js';
import { countOption } from '../text/numbers.js';
import { SINCE_OPTION } from '../text/times.js';
import type { TailOptions } from './follow.js';

export const tailCommand: Definition = (parent, line) =>
  line
    .add(parent, 'tail', {
      summary: 'show events as they are stored',
      description:
        'Shows events and failures as they are stored, one per line, until Ctrl-C. With --json, each line is a JSON value.\n\n' +
        'With --no-follow, shows the stored events, oldest first, and ends. Without --since, these are all stored events.',
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
      'an event, a channel or a pattern: user.signed-up, events.user.*, failed.>; default: all',
    )
    .option(...SINCE_OPTION)
    .option('--count <number>', 'end after this many', countOption)
    .option('--no-follow', 'end after the stored events')
    .action(line.run<TailOptions>(() => import('./follow.js')));
