import type { Definition } from '../command-line.js';

export const lagCommand: Definition = (parent, line) =>
  line
    .add(parent, 'lag', {
      summary: 'show how far each processor is behind, and how full the streams are',
      description:
        'Shows for each processor how many events wait for it (pending), how many it has in hand (in flight), how many of these ' +
        'came again because nobody answered (redelivered), how many wait for another attempt (retrying), the age of the oldest ' +
        'of all of these, and whether it runs.\n\n' +
        'All replicas of a processor are counted together. Below it shows how full each stream is, and the account of the broker ' +
        'where that has a limit: a full one takes no more events, and publishes wait.',
      examples: ['lag', 'lag --json'],
    })
    .action(line.run(() => import('./show-lag.js')));
