import type { Definition } from '../command-line.js';
import { SINCE_OPTION } from '../text/times.js';
import type { FlowOptions } from './show-flow.js';

export const flowCommand: Definition = (parent, line) =>
  line
    .add(parent, 'flow', {
      summary: 'show a flow: an event, and everything that it caused',
      description:
        'Shows all events of a flow, each below its cause, with the time since the beginning. The flow includes failures with ' +
        'their attempts, waiting retries, and replays.\n\n' +
        'Reads the streams from the time in the correlation id, which ids of Cascade have, or else from a day ago.',
      examples: [
        'flow 01a20732-5e83-7448-b67c-b600356bed98',
        'flow order-17 --since 3d',
        'flow 01a20732-5e83-7448-b67c-b600356bed98 --json',
      ],
    })
    .argument('<correlation-id>', 'as `publish` and the response to a signup show it')
    .option(...SINCE_OPTION)
    .action(line.run<FlowOptions>(() => import('./show-flow.js')));
