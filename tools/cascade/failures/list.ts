import type { RemovalSelection, StoredFailure } from '@cascade/jetstream';
import { withBroker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';
import { printable } from '../text/printable.js';
import { stateOf } from './state.js';

export interface ListOptions extends Omit<RemovalSelection, 'failureIds'> {
  limit: number;
}

export async function run({ host, output, options }: Invocation<ListOptions>): Promise<number> {
  const { state, limit, ...selection } = options;
  const newest: ListedFailure[] = [];
  let total = 0;
  await withBroker(host, async ({ failures }) => {
    for await (const stored of failures.list(selection)) {
      if (state && stateOf(stored) !== state) continue;
      total += 1;
      newest.push(listed(stored));
      if (newest.length > limit) newest.shift();
    }
  });
  output.result({ total, failures: newest }, () => report(newest, total, output));
  return ExitCode.ok;
}

type ListedFailure = ReturnType<typeof listed>;

/** Describes a failure without the event's headers and body and without the stack, because the list may be very long. */
function listed({ id, correlationId, storedAt, event, failure, state }: StoredFailure) {
  const { processor, reason, attempts, error, original } = failure;
  const { name, message } = error;
  return {
    id,
    correlationId,
    storedAt,
    processor,
    event,
    eventId: original.eventId,
    reason,
    attempts,
    error: { name, message },
    state: stateOf({ state }),
  };
}

function report(failures: readonly ListedFailure[], total: number, output: Output): string[] {
  if (total === 0) return ['No failures.'];
  const rows = failures.map(({ id, storedAt, processor, event, state, attempts, error }) => [
    id,
    storedAt.toISOString(),
    processor,
    event,
    state,
    String(attempts),
    printable(`${error.name}: ${error.message}`),
  ]);
  const heading = ['id', 'stored', 'processor', 'event', 'state', 'attempts', 'error'];
  return [
    ...output.table(heading, rows, { isCut: true }),
    '',
    failures.length < total
      ? `The newest ${failures.length} of ${total}; --limit shows more.`
      : `${counted(total, 'failure')}.`,
    '`node cascade failures show ID` shows all of one; `node cascade replay` delivers events again.',
  ];
}
