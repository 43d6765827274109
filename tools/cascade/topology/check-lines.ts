import type { Topology, TopologyReport } from '@cascade/topology';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';

/** Formats the findings of a check: a line for each fault and cycle, and a summary. */
export function checkLines(report: TopologyReport, topology: Topology, output: Output): string[] {
  return [
    ...report.faults.map(({ rule, message }) => `${output.paint('red', rule)}  ${message}`),
    ...report.cycles.map((cycle) => `${output.paint('yellow', 'cycle')}  ${cycle.join(' → ')}`),
    lastLine(report, topology),
  ];
}

function lastLine({ faults, cycles }: TopologyReport, { apps, processors, contracts }: Topology): string {
  const foundCycles = cycles.length > 0 ? [counted(cycles.length, 'cycle')] : [];
  if (faults.length > 0) return `${[counted(faults.length, 'fault'), ...foundCycles].join(', ')}.`;
  const checked =
    `${counted(apps.length, 'app')}, ${counted(processors.length, 'processor')}, ` +
    counted(contracts.length, 'contract');
  const [some] = foundCycles;
  return some
    ? `No faults, but ${some}, which one of its processors must end: ${checked}.`
    : `No faults: ${checked}.`;
}
