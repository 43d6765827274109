import { Option } from 'commander';
import type { Definition } from '../command-line.js';
import { countOption } from '../text/numbers.js';
import { TIME_FORMS, timeOption } from '../text/times.js';
import type { ListOptions } from './list.js';
import { FAILURE_STATES } from './state.js';

export const failuresCommand: Definition = (parent, line) => {
  const failures = parent
    .command('failures')
    .summary('list the events that processors gave up on, and show one')
    .description('The events that processors gave up on: what failed, why, and what became of it.');
  line
    .add(failures, 'list', {
      summary: 'list failures, newest last',
      description:
        'Lists failures, oldest first: the newest of them where there are many. The state of a failure is `open` until it is ' +
        'replayed, then `requested`, and in the end `handled` or `failed-again`, by another failure.',
      examples: [
        'failures list',
        'failures list --processor notifier --state open --since 2h',
        'failures list --error MessageRefusedError --json',
      ],
    })
    .option('--processor <name>', 'of this processor')
    .option('--event <name>', 'on this event, such as user.signed-up')
    .option('--error <class>', 'with this class of error, such as MessageRefusedError')
    .addOption(new Option('--state <state>', 'in this state').choices([...FAILURE_STATES]))
    .option('--since <time>', `stored since then: ${TIME_FORMS}`, timeOption)
    .option('--until <time>', 'stored before then', timeOption)
    .option('--limit <number>', 'show so many, the newest', countOption, 50)
    .action(line.run<ListOptions>(() => import('./list.js')));
  line
    .add(failures, 'show', {
      summary: 'show one failure, with the whole event that failed',
      description:
        'Shows one failure: the error with its stack and causes, the whole event that failed with headers and body, and what ' +
        'became of it.',
      examples: ['failures show 3f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54'],
    })
    .argument('<id>', 'of the failure, as `failures list` shows it')
    .action(line.run(() => import('./show.js')));
};
