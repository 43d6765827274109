import type { Definition } from '../command-line.js';
import type { ProvisionOptions } from './provision.js';

export const provisionCommand: Definition = (parent, line) =>
  line
    .add(parent, 'provision', {
      summary: 'create and update the streams and consumers that the code declares',
      description:
        'Creates the streams and the consumers of all declared processors where they are missing, and updates them where they ' +
        'differ. Services do this for themselves at their start; where they must not, this does it for all of them.',
      examples: ['provision --check', 'provision', 'provision --check --json'],
    })
    .option('--check', 'show what differs and change nothing; ends with 1 where something does')
    .action(line.run<ProvisionOptions>(() => import('./provision.js')));
