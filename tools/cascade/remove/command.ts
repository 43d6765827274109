import type { Definition } from '../command-line.js';
import type { RemoveProcessorOptions } from './remove-processor.js';

export const removeCommand: Definition = (parent, line) => {
  const command = parent
    .command('remove')
    .summary('take a generated processor out again')
    .description('Takes out what `node cascade new` wrote.');
  line
    .add(command, 'processor', {
      summary: 'take out a processor, with all that was generated for it',
      description:
        'Takes out a processor, its app where that does nothing else, the contracts that nobody else uses, and its entries in the ' +
        'files that others share. Refuses, with the list, where files are not as they were generated.',
      examples: ['remove processor welcome-coupon', 'remove processor welcome-coupon --dry-run'],
    })
    .argument('<name>', 'the processor')
    .option('--keep-events', 'leave the contracts of its events')
    .option('--dry-run', 'show what would be removed')
    .option('-y, --yes', 'ask nothing')
    .action(line.run<RemoveProcessorOptions>(() => import('./remove-processor.js')));
};
