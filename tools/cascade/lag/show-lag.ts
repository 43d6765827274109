import { formatAge } from '../../text/duration.js';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { readRoom } from '../streams/room.js';
import { roomLines } from '../streams/room-lines.js';
import { expiringSoon, expiryRemedy, expiryText } from './expiry.js';
import type { ProcessorLag } from './lag.js';
import { earliest } from './oldest.js';
import { readLag } from './read-lag.js';

const HINTS: Partial<Record<ProcessorLag['state'], string>> = {
  missing: 'some of its consumers do not exist; `node cascade provision` creates them',
  stopped: 'no process pulls events; start its app',
  paused: 'nearly all events failed; it tries single events now and then',
  foreign:
    'the code does not declare the consumer, but a process pulls, such as a processor in another language',
  undeclared: 'the code does not declare the consumer, and no process pulls',
};

export async function run({ host, output }: Invocation): Promise<number> {
  const declared = await readDeclared(host);
  const { processors, room } = await withBroker(host, async (broker) => ({
    processors: await readLag(broker, declared.processors),
    room: await readRoom(broker),
  }));
  output.result({ processors, ...room }, () => [
    ...lagLines(processors, output),
    '',
    ...roomLines(room, output),
  ]);
  return ExitCode.ok;
}

/** Formats a table of the processors, with hints about processors that need attention. */
export function lagLines(processors: readonly ProcessorLag[], output: Output): string[] {
  const rows = processors.map((lag) => [
    lag.processor,
    String(lag.pending),
    String(lag.inFlight),
    String(lag.redelivered),
    String(lag.retrying),
    formatAge(lag.oldest),
    stateText(lag),
  ]);
  const expiring = new Set(expiringSoon(processors).map(({ processor }) => processor));
  const paint = (line: string, row: number) => {
    const { processor, state } = processors[row]!;
    if (expiring.has(processor)) return output.paint('red', line);
    if (state === 'running' || state === 'foreign') return line;
    return output.paint(state === 'undeclared' ? 'dim' : 'yellow', line);
  };
  const heading = ['processor', 'pending', 'in flight', 'redelivered', 'retrying', 'oldest', 'state'];
  return [...output.table(heading, rows, { paint }), ...hints(processors)];
}

function stateText({ state, pauses }: ProcessorLag): string {
  if (state !== 'paused') return state;
  const replicas = pauses.length > 1 ? `, ${pauses.length} replicas` : '';
  return `paused since ${earliest(pauses)!.toISOString()}${replicas}`;
}

function hints(processors: readonly ProcessorLag[]): string[] {
  const states = Object.entries(HINTS).filter(([state]) => processors.some((lag) => lag.state === state));
  const hints = [
    ...expiringSoon(processors).map((lag) => `expiring: ${expiryText(lag)}; ${expiryRemedy(lag)}`),
    ...states.map(([state, hint]) => `${state}: ${hint}`),
  ];
  return hints.length > 0 ? ['', ...hints] : [];
}
