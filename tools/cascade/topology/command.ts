import { Option } from 'commander';
import type { Definition } from '../command-line.js';
import { FORMATS } from './formats.js';
import type { TopologyOptions } from './topology.js';

export const topologyCommand: Definition = (parent, line) =>
  line
    .add(parent, 'topology', {
      summary: 'show who publishes and consumes what, as the code declares it',
      description:
        'Shows the topology, read from the declarations in the code; no broker is needed. --json is the same as --format json.',
      examples: [
        'topology',
        'topology --check',
        'topology --update-lock --update-docs',
        'topology --format mermaid',
        'topology --format asyncapi > asyncapi.json',
        'topology --format permissions > permissions.conf',
      ],
    })
    .addOption(new Option('--format <format>', 'how to show it').choices([...FORMATS]).default('table'))
    .option(
      '--check',
      'look for what cannot work, for contracts that changed, and for docs/processors.md out of date; ends with 1 where there is such',
    )
    .option('--update-lock', 'write the contracts of the code into contracts.lock.json')
    .option('--update-docs', 'write the table of the processors into docs/processors.md')
    .action(line.run<TopologyOptions>(() => import('./topology.js')));
