import { Option } from 'commander';
import type { Definition } from '../command-line.js';
import { countOption } from '../text/numbers.js';
import { TIME_FORMS, timeOption } from '../text/times.js';
import type { ArchiveCommandOptions } from './archive.js';
import type { RemovalCommandOptions } from './choose-failures.js';
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
  const removal = (name: string, texts: Parameters<typeof line.add>[2]) =>
    line
      .add(failures, name, texts)
      .option('--failure <id...>', 'these failures')
      .option('--processor <name>', 'of this processor')
      .option('--event <name>', 'on this event, such as user.signed-up')
      .option('--error <class>', 'with this class of error')
      .addOption(
        new Option(
          '--state <state>',
          'in this state; default handled, or failed again as a newer failure',
        ).choices([...FAILURE_STATES]),
      )
      .option('--since <time>', `stored since then: ${TIME_FORMS}`, timeOption)
      .option('--until <time>', 'stored before then', timeOption)
      .option('--all', 'all that are handled, or failed again as a newer failure')
      .option('--dry-run', 'tell what would be removed, and do nothing')
      .option('--by <name>', 'who asks for it; default the name of this user at the system')
      .option('--reason <text>', 'why; it must be given, but for a dry run');
  removal('purge', {
    summary: 'remove failures from their stream, to make room',
    description:
      'Removes failures, with what became of them. Open ones are removed only with --state open. An audit event with who and why ' +
      'is stored first. A failure of which something becomes in the same moment stays. Ctrl-C stops between two failures.',
    examples: [
      'failures purge --all --dry-run',
      "failures purge --until 7d --all --reason 'handled a week ago'",
      "failures purge --processor notifier --error InvalidEventError --state open --reason 'not events of ours'",
    ],
  }).action(line.run<RemovalCommandOptions>(() => import('./purge.js')));
  removal('archive', {
    summary: 'save failures to a file, and then remove them',
    description:
      'Writes failures to a file, one a line, with the whole events and what became of them. Removes them once the disk has the ' +
      'file, and the file was read back. It overwrites nothing. `failures restore` puts them back. Ctrl-C stops it; a later call ' +
      'with another file takes the rest.',
    examples: ["failures archive --to failures.jsonl --state open --reason 'the stream is full'"],
  })
    .requiredOption('--to <file>', 'the file, which must not be there yet')
    .action(line.run<ArchiveCommandOptions>(() => import('./archive.js')));
  line
    .add(failures, 'restore', {
      summary: 'put archived failures back',
      description:
        'Puts the failures of an archive back into their stream, under their ids; those that are in it already are left. ' +
        'Processors that consume these failures get them once more.',
      examples: ['failures restore failures.jsonl'],
    })
    .argument('<file>', 'of `failures archive`')
    .action(line.run(() => import('./restore.js')));
};
