import type { Definition } from '../command-line.js';

export const doctorCommand: Definition = (parent, line) =>
  line
    .add(parent, 'doctor', {
      summary: 'look for faults, and say what to do',
      description:
        'Checks this machine (Node, nats-server, ports), the code, the broker (version, JetStream, the rights of this user), its ' +
        'streams and consumers, their free space, the outboxes of running services, and the health of the services of an ' +
        '`npm start` in this folder. Changes nothing.',
      examples: ['doctor', 'doctor --json'],
    })
    .action(line.run(() => import('./doctor.js')));
