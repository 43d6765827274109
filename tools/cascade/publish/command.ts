import type { Definition } from '../command-line.js';
import type { PublishCommandOptions } from './publish.js';

export const publishCommand: Definition = (parent, line) =>
  line
    .add(parent, 'publish', {
      summary: 'publish an event by hand',
      description:
        'Checks the event against its contract, publishes it on its channel with CloudEvents headers, and waits until the broker ' +
        'has stored it.',
      examples: [
        `publish user.signed-up '{"userId":"0199d0a0-7c1e-7abc-8def-0123456789ab","email":"ada@example.com","name":"Ada",` +
          `"locale":"en","signedUpAt":"2026-11-23T04:05:06Z"}'`,
        'publish events.user.signed-up - < event.json',
      ],
    })
    .argument('<channel>', 'an event or its channel: user.signed-up, events.user.signed-up')
    .argument('<json>', 'the data; `-` reads standard input')
    .option(
      '--id <id>',
      'the id of the event; the broker drops a second event of the same id within 10 minutes; default: a new id',
    )
    .option('--correlation-id <id>', 'the flow of the event; default: a new flow')
    .action(line.run<PublishCommandOptions>(() => import('./publish.js')));
