import type { Channel, Processor, Topology } from '../topology.js';

/**
 * Returns a Mermaid flowchart of processors and channels. Each app has a frame around its processors. Consumed failure channels
 * have dotted arrows. Failure channels without consumers are left out. Event channels that have neither publishers nor consumers
 * are also left out.
 */
export function formatMermaid({ apps, processors, channels }: Topology): string {
  const shown = channels.filter(isShown);
  return [
    'flowchart LR',
    ...apps.flatMap(({ name, publishes }) =>
      frame(
        name,
        publishes.length > 0,
        processors.filter(({ app }) => app === name),
      ),
    ),
    ...shown.map(channelNode),
    ...shown.flatMap(edges),
    '',
  ].join('\n');
}

function isShown({ kind, publishedBy, consumedBy }: Channel): boolean {
  return kind === 'failure' ? consumedBy.length > 0 : publishedBy.length + consumedBy.length > 0;
}

function frame(app: string, publishesItself: boolean, processors: readonly Processor[]): string[] {
  return [
    `  subgraph ${idOf('app', app)}["${app}"]`,
    ...(publishesItself ? [`    ${idOf('source', app)}(["${app}"])`] : []),
    ...processors.map(({ name }) => `    ${idOf('processor', name)}["${name}"]`),
    '  end',
  ];
}

function channelNode({ subject, kind }: Channel): string {
  const id = idOf('channel', subject);
  return kind === 'failure' ? `  ${id}{{"${subject}"}}` : `  ${id}[("${subject}")]`;
}

function edges({ subject, kind, publishedBy, consumedBy }: Channel): string[] {
  const channel = idOf('channel', subject);
  const arrow = kind === 'failure' ? '-.->' : '-->';
  const publishers = publishedBy.flatMap((by) => {
    if ('app' in by) return [idOf('source', by.app)];
    return 'processor' in by ? [idOf('processor', by.processor)] : [];
  });
  return [
    ...publishers.map((publisher) => `  ${publisher} ${arrow} ${channel}`),
    ...consumedBy.map((processor) => `  ${channel} ${arrow} ${idOf('processor', processor)}`),
  ];
}

/** Returns an id without reserved words, such as `end`, and without punctuation, which has a special meaning in Mermaid. */
function idOf(kind: string, name: string): string {
  return `${kind}_${name.replace(/[^a-z0-9]/gi, (character) => (character === '-' ? '_' : '__'))}`;
}
