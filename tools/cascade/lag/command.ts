import type { Definition } from '../command-line.js';

export const lagCommand: Definition = (parent, line) =>
  line
    .add(parent, 'lag', {
      summary: 'show the backlog of each processor, and how full the streams are',
      description:
        'Shows for each processor how many events wait (pending), how many were delivered without an answer yet (in flight), how ' +
        'many of these were delivered more than once (redelivered), how many wait for another attempt (retrying), the age of the ' +
        'oldest of them, and whether the processor runs.\n\n' +
        'All replicas of a processor are counted together. The second table shows how full each stream is, and the account of the ' +
        'broker if it has a limit. Publishes wait while a stream is full.',
      examples: ['lag', 'lag --json'],
    })
    .action(line.run(() => import('./show-lag.js')));
