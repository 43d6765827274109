import type { Definition } from '../command-line.js';
import type { NewProcessorOptions } from './new-processor.js';

export const newCommand: Definition = (parent, line) => {
  const command = parent
    .command('new')
    .summary('write a new processor')
    .description('Writes code from the templates in tools/generator/templates.');
  line
    .add(command, 'processor', {
      summary: 'write a processor, with its app, contracts, tests and entries',
      description:
        'Writes a processor, with its app where that is new, contracts for events that are new, a unit and an integration test, ' +
        'and its entries in the files that others share. Asks for what is not given, unless --yes is, or input is no terminal.\n\n' +
        '`node cascade remove processor` takes it out again.',
      examples: [
        'new processor welcome-coupon --consumes user.signed-up --publishes coupon.issued',
        'new processor welcome-counter --consumes notification.sent --app notifier --yes',
        'new processor notifier-watch --failures-of notifier --yes --dry-run',
      ],
    })
    .argument('[name]', 'in kebab-case: welcome-coupon')
    .option('--consumes <event>', 'the event that it gets: user.signed-up')
    .option('--failures-of <processor>', 'in place of an event: what another processor gives up on')
    .option('--publishes <event>', 'the event that it answers with; one that is not known is created')
    .option('--app <app>', 'an app to become a part of; default one of its own, of its name')
    .option(
      '--new-event',
      'an event that is not known is meant: create it also where it is consumed, or like a known one',
    )
    .option('--dry-run', 'show what would be written')
    .option('-y, --yes', 'ask nothing')
    .action(line.run<NewProcessorOptions>(() => import('./new-processor.js')));
};
