import type { Definition } from '../command-line.js';
import type { RemoveProcessorOptions } from './remove-processor.js';

export const removeCommand: Definition = (parent, line) => {
  const command = parent
    .command('remove')
    .summary('remove a generated processor')
    .description('Removes what `node cascade new` wrote.');
  line
    .add(command, 'processor', {
      summary: 'remove a processor, and all that was generated for it',
      description:
        'Removes a processor, its app if that does nothing else, the contracts that nothing else uses, and its entries in shared ' +
        'files. If files have changed since they were generated, lists them and removes nothing.',
      examples: ['remove processor welcome-coupon', 'remove processor welcome-coupon --dry-run'],
    })
    .argument('<name>', 'the processor')
    .option('--keep-events', 'keep the contracts of its events')
    .option('--dry-run', 'show what would be removed')
    .option('-y, --yes', 'ask nothing')
    .action(line.run<RemoveProcessorOptions>(() => import('./remove-processor.js')));
};
