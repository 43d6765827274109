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
    return ['Streams and consumers are as declared.', ...retired.map(retiredLine)];
  return [
    ...differences.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'is missing' : 'differs', output, true),
    ),
    ...retired.map(retiredLine),
    '',
    `${counted(differences.length, 'difference')}. \`node cascade provision\` creates missing streams and consumers, and changes settings.`,
  ];
}

interface Applied extends Provisioned {
  pruned: readonly RetiredProcessor[];
  retired: readonly RetiredProcessor[];
}

export function applyLines({ changed, left, pruned, retired }: Applied, output: Output): string[] {
  const isUnchanged = changed.length + left.length + pruned.length === 0;
  return [
    ...(isUnchanged ? ['Streams and consumers were already as declared.'] : []),
    ...changed.flatMap((difference) =>
      differenceLines(difference, difference.missing ? 'created' : 'changed', output),
    ),
    ...left.flatMap((difference) => differenceLines(difference, 'unchanged', output, true)),
    ...pruned.map(prunedLine),
    ...retired.map(retiredLine),
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
      ? ['`--lower` also makes changes that could delete or refuse events, or keep fewer copies.']
      : []),
    ...(effects.has('moves')
      ? [
          'Give a processor that consumes another channel a new name: it then starts with the first event of that channel, and ' +
            'the old one can finish. `--move NAME` keeps the name, when no event waits on the old channel.',
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
    ? ', but its declaration has no consumer there'
    : renamedTo
      ? `, but is now called ${renamedTo}`
      : ', but not in the code of this checkout';
  if (isInUse) return `${what}${now}. It is unchanged, because a process uses it.`;
  return `${what}${now}; ${holds}. \`--prune ${processor}\` removes it${renamedTo ? ` and moves its retries to ${renamedTo}` : ''}.`;
}

function prunedLine({ processor, consumers, retries, renamedTo }: RetiredProcessor): string {
  const deleted = counted(retries, 'retry', 'retries');
  return `processor ${processor}  removed: ${counted(consumers.length, 'consumer')}; ${deleted} ${
    renamedTo ? `moved to ${renamedTo}` : 'deleted'
  }`;
}
