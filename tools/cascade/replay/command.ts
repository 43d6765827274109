import type { Definition } from '../command-line.js';
import { BY_OPTION, REASON_OPTION } from '../requester.js';
import { countOption } from '../text/numbers.js';
import { SINCE_OPTION, UNTIL_OPTION } from '../text/times.js';
import type { ReplayCommandOptions } from './replay.js';

export const replayCommand: Definition = (parent, line) =>
  line
    .add(parent, 'replay', {
      summary: 'deliver failed events, or a time range of a channel, to a processor again',
      description:
        'Delivers the events of failures again, only to the processors that failed on them. With --channel, delivers the events of ' +
        'a time range to one processor, including events that it has handled before. Consumers drop the next events of these as ' +
        'duplicates, unless --as-new is given. Use --as-new after correcting a faulty processor.\n\n' +
        'Skips failures that were handled since, whose replay is under way, that failed again as a newer failure, or whose ' +
        'processor no longer exists. An audit event first records who asked, and why. Nothing is deleted. Ctrl-C stops between ' +
        'two events.',
      examples: [
        'replay --processor notifier --error MessageRefusedError --dry-run',
        "replay --processor notifier --error MessageRefusedError --reason 'the provider has lifted the block'",
        "replay --failure 3f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54 --reason 'address corrected'",
        "replay --channel user.signed-up --processor metadata-writer --since 2d --rate 20 --reason 'a field was added'",
        "replay --channel order.placed --processor billing --since 2d --as-new --reason 'the tax was wrong'",
      ],
    })
    .option('--failure <id...>', 'these failures')
    .option(
      '--processor <name>',
      'failures of this processor; with --channel, the processor that receives the events',
    )
    .option('--event <name>', 'failures on this event, such as user.signed-up')
    .option('--error <class>', 'failures with this class of error')
    .option(...SINCE_OPTION)
    .option(...UNTIL_OPTION)
    .option('--all', 'all failures')
    .option('--channel <event>', 'the events of this channel instead of failures')
    .option('--as-new', 'with --channel: consumers handle the next events as new events')
    .option('--again', 'include failures whose last replay has no result yet')
    .option('--dry-run', 'show what would be replayed, and replay nothing')
    .option('--rate <number>', 'maximum events a second', countOption, 100)
    .option(...BY_OPTION)
    .option(...REASON_OPTION)
    .action(line.run<ReplayCommandOptions>(() => import('./replay.js')));
