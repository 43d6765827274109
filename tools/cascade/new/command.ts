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
        'Writes a processor, a unit test and an integration test, its entries in shared files, and if they are new, its app and ' +
        'the contracts of its events. On a terminal, asks for missing options unless --yes is given.\n\n' +
        '`node cascade remove processor` removes it again.',
      examples: [
        'new processor welcome-coupon --consumes user.signed-up --publishes coupon.issued',
        'new processor welcome-counter --consumes notification.sent --app notifier --yes',
        'new processor notifier-watch --failures-of notifier --yes --dry-run',
      ],
    })
    .argument('[name]', 'in kebab-case: welcome-coupon')
    .option('--consumes <event>', 'the consumed event: user.signed-up')
    .option('--failures-of <processor>', 'the failures of another processor instead of an event')
    .option('--publishes <event>', 'the published event; an unknown one is created')
    .option('--app <app>', 'an existing app to join; default: a new app with the name of the processor')
    .option(
      '--new-event',
      'create an unknown event even if it is consumed, or if its name is close to a known one',
    )
    .option('--dry-run', 'show what would be written')
    .option('-y, --yes', 'ask nothing')
    .action(line.run<NewProcessorOptions>(() => import('./new-processor.js')));
};
