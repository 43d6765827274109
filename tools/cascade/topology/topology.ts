import {
  checkTopology,
  formatAsyncApi,
  formatJson,
  formatMermaid,
  formatPermissions,
  formatTable,
  readLock,
  readTopology,
  updateLock,
  type LockDifference,
  type Topology,
  type TopologyReport,
} from '@app/topology';
import type { Invocation } from '../command-line.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';
import type { Format } from './formats.js';

export interface TopologyOptions {
  format: Format;
  json?: boolean;
  check?: boolean;
  updateLock?: boolean;
}

const PRINT: Record<Format, (topology: Topology) => string> = {
  table: formatTable,
  mermaid: formatMermaid,
  json: formatJson,
  asyncapi: (topology) => formatAsyncApi(topology),
  permissions: formatPermissions,
};

export async function run({ host, output, options }: Invocation<TopologyOptions>): Promise<number> {
  const { check, updateLock: update, format } = options;
  if (check && update) throw new UsageError('--check changes nothing: leave out --update-lock.');
  const topology = await readTopology(host);
  if (update) {
    const written = await updateLock(host.root, topology);
    output.result(written, () => updateLines(written));
    return ExitCode.ok;
  }
  if (check) {
    const report = checkTopology(topology, await readLock(host.root));
    output.result(report, () => checkLines(report, topology, output));
    return report.faults.length > 0 ? ExitCode.failed : ExitCode.ok;
  }
  output.line(PRINT[options.json ? 'json' : format](topology).trimEnd());
  return ExitCode.ok;
}

function checkLines({ faults, cycles }: TopologyReport, topology: Topology, output: Output): string[] {
  const { apps, processors, contracts } = topology;
  return [
    ...faults.map(({ rule, message }) => `${output.paint('red', rule)}  ${message}`),
    ...cycles.map((cycle) => `${output.paint('yellow', 'cycle')}  ${cycle.join(' → ')}`),
    faults.length > 0
      ? `${counted(faults.length, 'fault')}.`
      : `Nothing is wrong: ${counted(apps.length, 'app')}, ${counted(processors.length, 'processor')}, ` +
        `${counted(contracts.length, 'contract')}.`,
  ];
}

function updateLines({ added, removed, compatible, processors }: LockDifference): string[] {
  const lines = [
    ...added.map((type) => `added    ${type}`),
    ...removed.map((type) => `removed  ${type}`),
    ...compatible.flatMap(({ type, changes }) =>
      changes.map(({ field, what }) => `changed  ${type}: ${[field, what].filter(Boolean).join(' ')}`),
    ),
    ...processors.added.map((name) => `added    processor ${name}`),
    ...processors.renamed.map(({ name, from }) => `renamed  processor ${from} to ${name}`),
    ...processors.removed.map((name) => `removed  processor ${name}`),
    ...processors.moved.map(
      ({ name, from, to }) => `changed  processor ${name}: consumes ${to}, not ${from}`,
    ),
  ];
  return lines.length > 0
    ? [...lines, 'contracts.lock.json is written.']
    : ['contracts.lock.json was as the code is.'];
}
