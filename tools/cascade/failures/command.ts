import { Option, type Command } from 'commander';
import type { Definition } from '../command-line.js';
import { BY_OPTION, REASON_OPTION } from '../requester.js';
import { countOption } from '../text/numbers.js';
import { SINCE_OPTION, UNTIL_OPTION } from '../text/times.js';
import type { ArchiveOptions } from './archive.js';
import type { ListOptions } from './list.js';
import type { RemoveOptions } from './remove.js';
import { FAILURE_STATES } from './state.js';

export const failuresCommand: Definition = (parent, line) => {
  const failures = parent
    .command('failures')
    .summary('list, show, remove and restore failures')
    .description(
      'Failures are events that processors gave up on. A failure has the event, the error and its present state.',
    );
  const filtered = (command: Command, state: string) =>
    command
      .option('--processor <name>', 'of this processor')
      .option('--event <name>', 'on this event, such as user.signed-up')
      .option('--error <class>', 'with this class of error, such as MessageRefusedError')
      .addOption(new Option('--state <state>', state).choices([...FAILURE_STATES]))
      .option(...SINCE_OPTION)
      .option(...UNTIL_OPTION);
  const list = line.add(failures, 'list', {
    summary: 'list failures, newest last',
    description:
      'Lists the newest failures, oldest first. A failure is `open` until it is replayed, then `requested`, and finally `handled` ' +
      'or `failed-again`, if the replay caused another failure.',
    examples: [
      'failures list',
      'failures list --processor notifier --state open --since 2h',
      'failures list --error MessageRefusedError --json',
    ],
  });
  filtered(list, 'in this state')
    .option('--limit <number>', 'show at most this many, the newest', countOption, 50)
    .action(line.run<ListOptions>(() => import('./list.js')));
  line
    .add(failures, 'show', {
      summary: 'show one failure, with its whole event',
      description:
        'Shows one failure: the error with its stack and causes, the whole event with headers and body, and the state.',
      examples: ['failures show 3f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54'],
    })
    .argument('<id>', 'id of the failure, as `failures list` shows it')
    .action(line.run(() => import('./show.js')));
  const removal = (name: string, texts: Parameters<typeof line.add>[2]) =>
    filtered(
      line.add(failures, name, texts).option('--failure <id...>', 'these failures'),
      'in this state; default: handled, or failed again as a newer failure',
    )
      .option('--all', 'all that are handled, or failed again as a newer failure')
      .option('--dry-run', 'show what would be removed, and remove nothing')
      .option(...BY_OPTION)
      .option(...REASON_OPTION);
  removal('purge', {
    summary: 'remove failures from their stream to make room',
    description:
      'Removes failures with their states. Open failures are removed only with --state open. An audit event first records who asked, ' +
      'and why. A failure that changes in the meantime stays. Ctrl-C stops between two failures.',
    examples: [
      'failures purge --all --dry-run',
      "failures purge --until 7d --all --reason 'handled a week ago'",
      "failures purge --processor notifier --error InvalidEventError --state open --reason 'not events of ours'",
    ],
  }).action(line.run<RemoveOptions>(() => import('./purge.js')));
  removal('archive', {
    summary: 'save failures to a file, then remove them',
    description:
      'Writes failures to a file, one per line, with their whole events and states. Removes them when the disk has the file, and the ' +
      'file was read back. Overwrites nothing. `failures restore` puts them back. After Ctrl-C, a call with another file archives ' +
      'the rest.',
    examples: ["failures archive --to failures.jsonl --state open --reason 'the stream is full'"],
  })
    .requiredOption('--to <file>', 'the file, which must not exist yet')
    .action(line.run<ArchiveOptions>(() => import('./archive.js')));
  line
    .add(failures, 'restore', {
      summary: 'put archived failures back',
      description:
        'Puts the failures of an archive back into their stream under the same ids, unless they are there already. Processors that ' +
        'consume these failures receive them again.',
      examples: ['failures restore failures.jsonl'],
    })
    .argument('<file>', 'a file of `failures archive`')
    .action(line.run(() => import('./restore.js')));
};
