import type { Definition } from '../command-line.js';
import { countOption } from '../text/numbers.js';
import { TIME_FORMS, timeOption } from '../text/times.js';
import type { ReplayCommandOptions } from './replay.js';

export const replayCommand: Definition = (parent, line) =>
  line
    .add(parent, 'replay', {
      summary: 'hand failed events, or a time range of a channel, to a processor again',
      description:
        'Hands the events of failures to the processors that failed on them again, and to those alone. With --channel it hands ' +
        'the events of a time range to one processor, also those that it has handled before. What it returns for these is dropped ' +
        'downstream as known already, unless --as-new is given: for a processor that was wrong, and is corrected.\n\n' +
        'Failures that were handled since, whose replay is under way, that failed again as a newer failure, or whose processor ' +
        'is no more are skipped. An audit event with who and why is stored first, and nothing is deleted. Ctrl-C stops between ' +
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
      'failures of this processor; with --channel the processor that gets the events',
    )
    .option('--event <name>', 'failures on this event, such as user.signed-up')
    .option('--error <class>', 'failures with this class of error')
    .option('--since <time>', `stored since then: ${TIME_FORMS}`, timeOption)
    .option('--until <time>', 'stored before then', timeOption)
    .option('--all', 'all failures')
    .option('--channel <event>', 'events in place of failures: those of this channel')
    .option('--as-new', 'with --channel: what the processor returns is new to all downstream')
    .option('--again', 'also failures whose last replay has not been answered')
    .option('--dry-run', 'tell what would be replayed, and do nothing')
    .option('--rate <number>', 'events a second at most', countOption, 100)
    .option('--by <name>', 'who asks for it; default the name of this user at the system')
    .option('--reason <text>', 'why; it must be given, but for a dry run')
    .action(line.run<ReplayCommandOptions>(() => import('./replay.js')));
