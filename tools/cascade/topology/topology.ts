import {
  checkTopology,
  formatAsyncApi,
  formatJson,
  formatMermaid,
  formatPermissions,
  formatTable,
  processorsPageFaults,
  PROCESSORS_PAGE,
  readLock,
  readProcessorsPage,
  readTopology,
  updateLock,
  updateProcessorsPage,
  type LockDifference,
  type Topology,
} from '@cascade/topology';
import type { Invocation } from '../command-line.js';
import { UsageError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import { brokerNotes } from './broker-notes.js';
import { checkLines } from './check-lines.js';
import type { Format } from './formats.js';

export interface TopologyOptions {
  format: Format;
  json?: boolean;
  check?: boolean;
  updateLock?: boolean;
  updateDocs?: boolean;
}

const PRINT: Record<Format, (topology: Topology) => string> = {
  table: formatTable,
  mermaid: formatMermaid,
  json: formatJson,
  asyncapi: (topology) => formatAsyncApi(topology),
  permissions: formatPermissions,
};

export async function run({ host, output, options }: Invocation<TopologyOptions>): Promise<number> {
  const { check, updateLock: lock, updateDocs: docs, format } = options;
  if (check && (lock || docs)) {
    throw new UsageError(`--check changes nothing: leave out ${lock ? '--update-lock' : '--update-docs'}.`);
  }
  const topology = await readTopology(host);
  if (lock || docs) {
    const difference = lock ? await updateLock(host.root, topology) : undefined;
    const isPageChanged = docs ? await updateProcessorsPage(host.root, topology) : undefined;
    output.result({ ...difference, isPageChanged }, () => [
      ...(difference ? lockLines(difference) : []),
      ...(isPageChanged === undefined ? [] : [writtenLine(PROCESSORS_PAGE, isPageChanged)]),
    ]);
    return ExitCode.ok;
  }
  if (check) {
    const report = checkTopology(topology, await readLock(host.root));
    report.faults.push(...processorsPageFaults(await readProcessorsPage(host.root), topology));
    const notes = await brokerNotes(host);
    output.result({ ...report, notes }, () => [
      ...notes.map((note) => `${output.paint('yellow', 'note')}  ${note}`),
      ...checkLines(report, topology, output),
    ]);
    return report.faults.length > 0 ? ExitCode.failed : ExitCode.ok;
  }
  output.line(PRINT[options.json ? 'json' : format](topology).trimEnd());
  return ExitCode.ok;
}

function lockLines({ added, removed, compatible, processors }: LockDifference): string[] {
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
  return [...lines, writtenLine('contracts.lock.json', lines.length > 0)];
}

function writtenLine(file: string, isWritten: boolean): string {
  return isWritten ? `${file} is updated.` : `${file} was up to date.`;
}
