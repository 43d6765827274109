import { Option } from 'commander';
import type { Definition } from '../command-line.js';
import { FORMATS } from './formats.js';
import type { TopologyOptions } from './topology.js';

export const topologyCommand: Definition = (parent, line) =>
  line
    .add(parent, 'topology', {
      summary: 'show who publishes and consumes which events, as the code declares',
      description:
        'Shows the topology that the code declares, without a broker. --json is the same as --format json.',
      examples: [
        'topology',
        'topology --check',
        'topology --update-lock --update-docs',
        'topology --format mermaid',
        'topology --format asyncapi > asyncapi.json',
        'topology --format permissions > permissions.conf',
      ],
    })
    .addOption(new Option('--format <format>', 'output format').choices([...FORMATS]).default('table'))
    .option(
      '--check',
      'look for contradictions, for incompatible changes of contracts, and for an outdated docs/processors.md; ends with 1 if there are any',
    )
    .option('--update-lock', 'write the contracts of the code into contracts.lock.json')
    .option('--update-docs', 'write the table of the processors into docs/processors.md')
    .action(line.run<TopologyOptions>(() => import('./topology.js')));
