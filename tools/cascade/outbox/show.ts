import { formatAge } from '../../text/duration.js';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { readDeclared } from '../declared.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { printable } from '../text/printable.js';
import { noAnswer, outboxesOf, showAll, type Outboxes, type ShownOutbox } from './outboxes.js';

export interface ShowOptions {
  app?: string;
  limit: number;
}

export async function run({ host, output, options }: Invocation<ShowOptions>): Promise<number> {
  const { publishers } = await readDeclared(host);
  const shown = await withBroker(host, (broker) =>
    showAll(outboxesOf(broker, publishers, options.app), options.limit),
  );
  const { outboxes, silent, failed } = shown;
  if (outboxes.length + failed.length === 0) throw noAnswer(silent);
  output.result(shown, () => report(shown, output));
  return failed.length > 0 ? ExitCode.failed : ExitCode.ok;
}

function report({ outboxes, silent, failed }: Outboxes, output: Output): string[] {
  return [
    ...waitingLines(outboxes, output),
    ...silent.map((app) => `${app} does not answer: it is stopped, or has no outbox.`),
    ...failed.map(({ reason }) => printable(reason)),
    ...outboxes.flatMap((outbox) => whyItWaits(outbox)),
    ...setAsideLines(outboxes, output),
  ];
}

function waitingLines(outboxes: readonly ShownOutbox[], output: Output): string[] {
  if (outboxes.length === 0) return [];
  const rows = outboxes.map(({ app, waiting, oldest, setAside }) => [
    app,
    String(waiting),
    formatAge(oldest && new Date(oldest.addedAt)),
    String(setAside),
  ]);
  return output.table(['app', 'waiting', 'oldest', 'set aside'], rows);
}

function whyItWaits({ app, oldest }: ShownOutbox): string[] {
  if (!oldest?.error) return [];
  const { id, event, attempts, error } = oldest;
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  return ['', printable(`The oldest waiting event in ${app}, ${id} (${event}), failed ${times}: ${error}`)];
}

function setAsideLines(outboxes: readonly ShownOutbox[], output: Output): string[] {
  const total = outboxes.reduce((sum, { setAside }) => sum + setAside, 0);
  if (total === 0) return [];
  const rows = outboxes.flatMap(({ app, setAsideEvents }) =>
    setAsideEvents.map(({ id, event, addedAt, error = '' }) => [id, app, event, addedAt, printable(error)]),
  );
  return [
    '',
    ...output.table(['set aside', 'app', 'event', 'added', 'error'], rows, { isCut: true }),
    '',
    ...(rows.length < total ? [`The oldest ${rows.length} of ${total}; --limit shows more.`] : []),
    '`node cascade outbox put-back` publishes them; `node cascade outbox drop ID --reason …` deletes one.',
  ];
}
