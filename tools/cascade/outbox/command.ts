import type { Definition } from '../command-line.js';
import { BY_OPTION } from '../requester.js';
import { countOption } from '../text/numbers.js';
import type { ActOptions } from './act.js';
import type { ShowOptions } from './show.js';

export const outboxCommand: Definition = (parent, line) => {
  const outbox = parent
    .command('outbox')
    .summary('show the outboxes of services, and put back or drop refused events')
    .description(
      'An outbox holds events that its service has stored and not published yet. The service must run to answer.',
    );
  line
    .add(outbox, 'show', {
      isDefault: true,
      summary: 'show waiting events, and events that are set aside (the default command)',
      description:
        'Shows how many events wait in the outbox of each service, for how long the oldest has waited, and why. Also shows events ' +
        'that are set aside, because the broker refused them permanently. They are not retried.',
      examples: ['outbox show', 'outbox show --app signup --json'],
    })
    .option('--app <name>', 'only the outbox of this app')
    .option(
      '--limit <number>',
      'list at most this many events that are set aside, the oldest',
      countOption,
      50,
    )
    .action(line.run<ShowOptions>(() => import('./show.js')));
  const app = ['--app <name>', 'the app of the outbox; required if several apps have one'] as const;
  line
    .add(outbox, 'put-back', {
      summary: 'publish events that were set aside',
      description:
        'Puts back all events that were set aside, or only the named events. The events are published immediately, after newer ' +
        'events of the same key that were published in the meantime. First remove the cause of the refusal.',
      examples: [
        'outbox put-back',
        "outbox put-back 01a20793-64a8-752b-bc16-7f07fd168cf4 --reason 'max_payload is 8 MB now'",
      ],
    })
    .argument('[ids...]', 'ids of events, as `outbox` shows them; default: all that are set aside')
    .option(...app)
    .option(...BY_OPTION)
    .option('--reason <text>', 'why; the service logs it')
    .action(line.run<ActOptions>(async () => (await import('./act.js')).putBack));
  line
    .add(outbox, 'drop', {
      summary: 'delete events that were set aside',
      description:
        'Deletes events that were set aside, so they are never published. The log of the service keeps only id, name and reason.',
      examples: ["outbox drop 01a20793-64a8-752b-bc16-7f07fd168cf4 --reason 'sent by hand'"],
    })
    .argument('<ids...>', 'ids of events, as `outbox` shows them')
    .option(...app)
    .option(...BY_OPTION)
    .requiredOption('--reason <text>', 'why')
    .action(line.run<ActOptions>(async () => (await import('./act.js')).drop));
};
