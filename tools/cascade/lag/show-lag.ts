import { formatDuration } from '../../text/duration.js';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { readRoom } from '../streams/room.js';
import { roomLines } from '../streams/room-lines.js';
import { renderColumns } from '../../text/columns.js';
import { expiringSoon, expiryRemedy, expiryText } from './expiry.js';
import type { ProcessorLag } from './lag.js';
import { earliest } from './oldest.js';
import { readLag } from './read-lag.js';

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

/** A table of the processors, with what to do about those that need it. */
export function lagLines(processors: readonly ProcessorLag[], output: Output): string[] {
  const [heading, ...lines] = renderColumns(
    ['processor', 'pending', 'in flight', 'redelivered', 'retrying', 'oldest', 'state'],
    processors.map((lag) => [
      lag.processor,
      String(lag.pending),
      String(lag.inFlight),
      String(lag.redelivered),
      String(lag.retrying),
      lag.oldest ? formatDuration(Math.max(0, Date.now() - lag.oldest.getTime())) : '-',
      stateText(lag),
    ]),
  );
  const expiring = new Set(expiringSoon(processors).map(({ processor }) => processor));
  const painted = lines.map((line, index) => {
    const { processor, state } = processors[index]!;
    if (expiring.has(processor)) return output.paint('red', line);
    if (state === 'running' || state === 'foreign') return line;
    return output.paint(state === 'undeclared' ? 'dim' : 'yellow', line);
  });
  return [output.paint('bold', heading!), ...painted, ...hints(processors)];
}

function stateText({ state, pauses }: ProcessorLag): string {
  if (state !== 'paused') return state;
  const replicas = pauses.length > 1 ? `, ${pauses.length} replicas` : '';
  return `paused since ${earliest(pauses)!.toISOString()}${replicas}`;
}

function hints(processors: readonly ProcessorLag[]): string[] {
  const have = (state: ProcessorLag['state']) => processors.some((lag) => lag.state === state);
  const hints = [
    ...(have('missing')
      ? ['missing: not all of its consumers are there; `node cascade provision` creates them']
      : []),
    ...(have('stopped') ? ['stopped: nobody pulls; start its app'] : []),
    ...(have('paused') ? ['paused: nearly everything failed; it tries one event from time to time'] : []),
    ...(have('foreign')
      ? [
          'foreign: a consumer of no processor in the code, and somebody pulls, such as a processor in another language',
        ]
      : []),
    ...expiringSoon(processors).map((lag) => `expiring: ${expiryText(lag)}; ${expiryRemedy(lag)}`),
    ...(have('undeclared') ? ['undeclared: a consumer of no processor in the code, and nobody pulls'] : []),
  ];
  return hints.length > 0 ? ['', ...hints] : [];
}
