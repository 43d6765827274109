import type { Definition } from '../command-line.js';
import type { ProvisionOptions } from './provision.js';

export const provisionCommand: Definition = (parent, line) =>
  line
    .add(parent, 'provision', {
      summary: 'create and change the streams and consumers that the code declares',
      description:
        'Creates the missing streams, and the missing consumers of all declared processors, and changes settings that differ. ' +
        'Services create missing streams and consumers when they start. Only this command changes settings.\n\n' +
        'libs/contracts/src/streams.ts declares the sizes of the streams. EVENTS_MAX_BYTES, EVENTS_MAX_AGE, FAILURES_MAX_BYTES, ' +
        'FAILURES_MAX_AGE and STREAM_REPLICAS override them. A change that could delete or refuse events, or keep fewer copies, ' +
        'needs --lower.',
      examples: [
        'provision --check',
        'provision',
        'provision --lower',
        'provision --move notifier',
        'provision --move notifier --drop-waiting',
        'provision --prune',
        'provision --check --json',
      ],
    })
    .option('--check', 'show differences and change nothing; ends with 1 if there are any')
    .option('--lower', 'also make changes that could delete or refuse events, or keep fewer copies')
    .option(
      '--move <processor...>',
      'let these processors read the new channel that they declare, from its first event',
    )
    .option(
      '--drop-waiting',
      'with --move, drop events that still wait for these processors on the old channel',
    )
    .option(
      '--prune [processor...]',
      'remove consumers and retries of all undeclared processors, or of these, unless a process uses them',
    )
    .action(line.run<ProvisionOptions>(() => import('./provision.js')));
