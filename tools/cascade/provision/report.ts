import {
  RETRIES_STREAM,
  shownSetting,
  type Provisioned,
  type ProvisionDifference,
  type RetiredProcessor,
  type SettingDifference,
} from '@cascade/jetstream';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';

interface Checked {
  differences: readonly ProvisionDifference[];
  retired: readonly RetiredProcessor[];
}

export function checkLines({ differences, retired }: Checked, output: Output): string[] {
  if (differences.length === 0)
    return ['Streams and consumers are as declared.', ...retired.map((processor) => retiredLine(processor))];
  return [
    ...differences.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'is missing' : 'differs', output, true),
    ),
    ...retired.map((processor) => retiredLine(processor)),
    '',
    `${counted(differences.length, 'difference')}; \`node cascade provision\` creates and changes.`,
  ];
}

interface Applied extends Provisioned {
  pruned: readonly RetiredProcessor[];
  retired: readonly RetiredProcessor[];
}

export function applyLines({ changed, left, pruned, retired }: Applied, output: Output): string[] {
  const isUnchanged = changed.length + left.length + pruned.length === 0;
  return [
    ...(isUnchanged ? ['Streams and consumers were as declared already.'] : []),
    ...changed.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'created' : 'changed', output),
    ),
    ...left.flatMap((difference) => differenceLines(difference, 'left as it is', output, true)),
    ...pruned.map(prunedLine),
    ...retired.map((processor) => retiredLine(processor)),
    ...(left.length > 0 ? ['', ...remedies(left)] : []),
  ];
}

function differenceLines(
  { what, settings }: ProvisionDifference,
  verb: string,
  output: Output,
  isLeft = false,
): string[] {
  return [
    output.paint('yellow', `${what}  ${verb}`),
    ...settings.map(
      ({ name, wanted, found, effect }) =>
        `  ${name}: declared ${shownSetting(name, wanted)}, found ${shownSetting(name, found)}${isLeft ? NEEDS[effect] : ''}`,
    ),
  ];
}

const NEEDS: Record<SettingDifference['effect'], string> = {
  adds: '',
  changes: '',
  lowers: '  (needs --lower)',
  moves: '  (needs --move)',
};

function remedies(left: readonly ProvisionDifference[]): string[] {
  const effects = new Set(left.flatMap(({ settings }) => settings.map(({ effect }) => effect)));
  return [
    ...(effects.has('lowers')
      ? ['`--lower` also makes changes that could delete events, refuse them or keep fewer copies.']
      : []),
    ...(effects.has('moves')
      ? [
          'A processor that consumes another channel is better given a new name: it then begins with the first event of that ' +
            'channel, and the old one can finish. `--move NAME` keeps the name, once nothing waits on the old channel.',
        ]
      : []),
  ];
}

function retiredLine({
  processor,
  isDeclared,
  consumers,
  waiting,
  retries,
  isInUse,
  renamedTo,
}: RetiredProcessor): string {
  const streams = new Set([
    ...consumers.map(({ stream }) => stream),
    ...(retries > 0 ? [RETRIES_STREAM] : []),
  ]);
  const what = `processor ${processor}  is on the broker (${[...streams].join(', ')})`;
  const holds = `${counted(waiting, 'event')} and ${counted(retries, 'retry', 'retries')} wait for it`;
  const now = isDeclared
    ? ', and its declaration has no consumer there'
    : renamedTo
      ? `, and is called ${renamedTo} now`
      : ', and in no code of this checkout';
  if (isInUse) return `${what}${now}; a process uses it: it is left alone`;
  return `${what}${now}; ${holds}. \`--prune ${processor}\` removes it${renamedTo ? ' and hands its retries over' : ''}.`;
}

function prunedLine({ processor, consumers, retries, renamedTo }: RetiredProcessor): string {
  const deleted = counted(retries, 'retry', 'retries');
  return `processor ${processor}  removed: ${counted(consumers.length, 'consumer')}; ${deleted} ${
    renamedTo ? `handed over to ${renamedTo}` : 'deleted'
  }`;
}
