import { formatDuration } from '../../text/duration.js';
import { renderTree } from '../../text/tree.js';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';
import { printable } from '../text/printable.js';
import type { Flow, FlowFailure, FlowStep } from './flow.js';
import { readFlow } from './read-flow.js';
import { searchStart } from './search-start.js';

export interface FlowOptions {
  since?: Date;
}

export async function run({ host, output, args, options }: Invocation<FlowOptions>): Promise<number> {
  const correlationId = args[0]!;
  const since = options.since ?? searchStart(correlationId, Date.now());
  const flow = await withBroker(host, (broker) =>
    readFlow(broker, correlationId, since, (events) =>
      output.progress(`Searched ${counted(events, 'event')} …`),
    ),
  );
  output.progress('');
  output.result(flow, () => (flow.steps.length > 0 ? report(flow, output) : nothing(flow)));
  return flow.steps.length > 0 ? ExitCode.ok : ExitCode.failed;
}

function report({ correlationId, steps, searched }: Flow, output: Output): string[] {
  const begun = steps[0]!.time;
  const tree = renderTree(
    steps.map((step) => ({
      ...step,
      source: step.source ?? '-',
      afterMs: step.time.getTime() - begun.getTime(),
      note: noteOf(step),
    })),
    (line, { kind }) => {
      if (kind === 'failure') return output.paint('red', line);
      return kind === 'event' ? line : output.paint('yellow', line);
    },
  );
  const failures = steps.filter((step) => step.kind === 'failure');
  return [
    output.paint('bold', `Flow ${correlationId}, begun ${begun.toISOString()}`),
    '',
    ...tree,
    '',
    ...failures.map(({ id }) => `node cascade failures show ${id}`),
    ...(failures.length > 0 ? [''] : []),
    output.paint('dim', searchedText(searched)),
  ];
}

function noteOf(step: FlowStep): string | undefined {
  switch (step.kind) {
    case 'event':
      return undefined;
    case 'failure':
      return failureNote(step);
    case 'replay':
      return step.asNew ? 'delivered again, as new' : 'delivered again';
    case 'retry': {
      const wait = step.due ? step.due.getTime() - Date.now() : 0;
      return `attempt ${step.attempt} ${wait > 0 ? `in ${formatDuration(wait)}` : 'is due'}`;
    }
  }
}

function failureNote({ attempts, error, state }: FlowFailure): string {
  return `${error.name}: ${printable(error.message)} (${counted(attempts, 'attempt')}; ${state})`;
}

function nothing({ correlationId, searched }: Flow): string[] {
  return [
    `No event of flow ${correlationId} was found.`,
    `${searchedText(searched)} \`--since 7d\` looks further back.`,
  ];
}

function searchedText({ since, events, failures }: Flow['searched']): string {
  return `Searched events since ${since.toISOString()}: ${counted(events, 'event')}, ${counted(failures, 'failure')}.`;
}
