import { countOption } from '../text/numbers.js';
import type { Definition } from '../command-line.js';
import type { ActOptions } from './act.js';
import type { ShowOptions } from './show.js';

export const outboxCommand: Definition = (parent, line) => {
  const outbox = parent
    .command('outbox')
    .summary('show what waits in outboxes, put it back, or drop it')
    .description(
      'Events that services have decided on and not published yet. The service that an outbox belongs to answers, so it must run.',
    );
  line
    .add(outbox, 'show', {
      isDefault: true,
      summary: 'show what waits, and what is set aside and why (without a command, too)',
      description:
        'Shows how many events wait in the outbox of each service, since when the oldest does and why, and which events are set ' +
        'aside: the broker refused them for good, and they are not tried again.',
      examples: ['outbox show', 'outbox show --app signup --json'],
    })
    .option('--app <name>', 'the outbox of this app alone')
    .option('--limit <number>', 'list so many events that are set aside, the oldest', countOption, 50)
    .action(line.run<ShowOptions>(() => import('./show.js')));
  const by = ['--by <name>', 'who asks for it; default the name of this user at the system'] as const;
  const app = ['--app <name>', 'the app whose outbox it is, where several have one'] as const;
  line
    .add(outbox, 'put-back', {
      summary: 'have events published after all that were set aside',
      description:
        'Puts events back that were set aside, all of them or those that are named: they are tried again at once, behind those of ' +
        'their key that have gone out since. Mend first what they were refused for.',
      examples: [
        'outbox put-back',
        "outbox put-back 01a20793-64a8-752b-bc16-7f07fd168cf4 --reason 'max_payload is 8 MB now'",
      ],
    })
    .argument('[ids...]', 'of the events, as `outbox` shows them; default all that are set aside')
    .option(...app)
    .option(...by)
    .option('--reason <text>', 'why; the service logs it')
    .action(line.run<ActOptions>(() => import('./put-back.js')));
  line
    .add(outbox, 'drop', {
      summary: 'give up events that were set aside',
      description:
        'Removes events that were set aside: they are never published. Id, name and reason stay in the log of the service, and ' +
        'nothing else.',
      examples: ["outbox drop 01a20793-64a8-752b-bc16-7f07fd168cf4 --reason 'sent by hand'"],
    })
    .argument('<ids...>', 'of the events, as `outbox` shows them')
    .option(...app)
    .option(...by)
    .requiredOption('--reason <text>', 'why')
    .action(line.run<ActOptions>(() => import('./drop.js')));
};
