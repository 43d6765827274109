import type { Definition } from '../command-line.js';
import { TIME_FORMS, timeOption } from '../text/times.js';
import type { FlowOptions } from './show-flow.js';

export const flowCommand: Definition = (parent, line) =>
  line
    .add(parent, 'flow', {
      summary: 'show what followed from an event: the tree of a flow',
      description:
        'Shows all events of a flow, each below the one that led to it, with the time since its beginning: failures with ' +
        'their attempts, retries that wait, and replays too.\n\n' +
        'The stream is read from the time that the correlation id tells, as those of Cascade do, and else from a day ago.',
      examples: [
        'flow 01a20732-5e83-7448-b67c-b600356bed98',
        'flow order-17 --since 3d',
        'flow 01a20732-5e83-7448-b67c-b600356bed98 --json',
      ],
    })
    .argument('<correlation-id>', 'printed by `publish`, and part of the answer to a signup')
    .option('--since <time>', `look at what was stored since then: ${TIME_FORMS}`, timeOption)
    .action(line.run<FlowOptions>(() => import('./show-flow.js')));
