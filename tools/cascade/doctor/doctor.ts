import { runningHere } from '../../supervisor/data-folder.js';
import { SERVICES } from '../../supervisor/parts/services.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Output, Style } from '../output.js';
import { checkBrokerAndStreams } from './broker-checks.js';
import type { Finding } from './finding.js';
import { checkNatsServer, checkNode, checkPorts } from './machine-checks.js';
import { checkCode } from './code-check.js';
import { checkServices } from './services-check.js';
import { counted } from '../text/numbers.js';

const STYLES: Record<Finding['level'], Style> = { ok: 'green', note: 'yellow', fault: 'red' };

export async function run({ host, output }: Invocation): Promise<number> {
  const { findings: code, declared } = await checkCode(host);
  const findings = [
    ...checkNode(),
    ...(await checkNatsServer(host)),
    ...(await checkPorts()),
    ...code,
    ...(await checkBrokerAndStreams(host, declared)),
    ...(await checkServicesHere()),
  ];
  const faults = findings.filter(({ level }) => level === 'fault').length;
  output.result({ faults, findings }, () => report(findings, faults, output));
  return faults > 0 ? ExitCode.failed : ExitCode.ok;
}

async function checkServicesHere(): Promise<Finding[]> {
  const running = await runningHere();
  const names = SERVICES.map(({ name }) => name);
  return running ? checkServices(running, names) : [];
}

function report(findings: readonly Finding[], faults: number, output: Output): string[] {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, level, says, remedy }) => [
    `${output.paint(STYLES[level], level.padEnd('fault'.length))}  ${about.padEnd(width)}  ${says}`,
    ...(remedy ? [`${' '.repeat('fault'.length + 2 + width)}  -> ${remedy}`] : []),
  ]);
  return [...lines, '', faults > 0 ? `${counted(faults, 'fault')}.` : 'No faults.'];
}
