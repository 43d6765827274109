import type { Definition } from '../command-line.js';
import type { ProvisionOptions } from './provision.js';

export const provisionCommand: Definition = (parent, line) =>
  line
    .add(parent, 'provision', {
      summary: 'create and change the streams and consumers that the code declares',
      description:
        'Creates the streams and the consumers of all declared processors that are missing, and changes the settings that ' +
        'differ. A running service creates what is missing and never changes a setting: this command alone does.\n\n' +
        'The sizes of the streams are declared in libs/contracts/src/streams.ts, and EVENTS_MAX_BYTES, EVENTS_MAX_AGE, ' +
        'FAILURES_MAX_BYTES, FAILURES_MAX_AGE and STREAM_REPLICAS set others. A change that could delete events, refuse them or ' +
        'keep fewer copies is made with --lower only.',
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
    .option('--check', 'show what differs and change nothing; ends with 1 if something does')
    .option('--lower', 'also make changes that could delete or refuse events, or keep fewer copies')
    .option(
      '--move <processor...>',
      'let these processors read the other channel that they now declare, from its first event on',
    )
    .option('--drop-waiting', 'with --move, drop what still waits for these processors on the old channel')
    .option(
      '--prune [processor...]',
      'remove the consumers and retries of processors that no code declares (all, or these), unless a process uses them',
    )
    .action(line.run<ProvisionOptions>(() => import('./provision.js')));
