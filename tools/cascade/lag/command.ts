import type { Definition } from '../command-line.js';

export const lagCommand: Definition = (parent, line) =>
  line
    .add(parent, 'lag', {
      summary: 'show how far each processor is behind',
      description:
        'Shows for each processor how many events wait for it (pending), how many it has in hand (in flight), how many of these ' +
        'came again because nobody answered (redelivered), how many wait for another attempt (retrying), the age of the oldest ' +
        'of all of these, and whether it runs.\n\n' +
        'All replicas of a processor are counted together.',
      examples: ['lag', 'lag --json'],
    })
    .action(line.run(() => import('./show-lag.js')));
