import type { Definition } from '../command-line.js';

export const doctorCommand: Definition = (parent, line) =>
  line
    .add(parent, 'doctor', {
      summary: 'look for what is wrong, and say what to do about it',
      description:
        'Looks at this machine (Node, nats-server, ports), at the code, at the broker (version, JetStream, the rights of this ' +
        'user), at the streams and consumers on it and how full they are, at the outboxes of services that run, and at the ' +
        'health of the services of an `npm start` in this folder. Changes nothing.',
      examples: ['doctor', 'doctor --json'],
    })
    .action(line.run(() => import('./doctor.js')));
