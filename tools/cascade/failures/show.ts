import {
  OriginalGoneError,
  type FailureError,
  type StoredFailure,
  type WholeEvent,
} from '@cascade/jetstream';
import { withBroker, type Broker } from '../broker/broker.js';
import type { Invocation } from '../command-line.js';
import { CommandError } from '../errors.js';
import { ExitCode } from '../exit-code.js';
import type { Host } from '../host.js';
import type { Output } from '../output.js';
import { counted } from '../text/numbers.js';
import { printable, printableLines } from '../text/printable.js';
import { findReplay, type ReplayRecord } from './find-replay.js';
import { stateOf } from './state.js';

interface WholeFailure {
  readonly stored: StoredFailure;
  /** The failed event; undefined if neither the stream nor the failure event contains the whole failed event. */
  readonly original: WholeEvent | undefined;
  readonly replay: ReplayRecord | undefined;
}

export async function run({ host, output, args }: Invocation): Promise<number> {
  const id = args[0]!;
  const whole = await withBroker(host, (broker) => read(broker, id));
  output.result(asJson(whole), () => report(whole, host, output));
  return ExitCode.ok;
}

async function read(broker: Broker, id: string): Promise<WholeFailure> {
  const stored = await broker.failures.find(id);
  if (!stored) {
    throw new CommandError(`No failure has the id ${id}.`, ['`node cascade failures list` shows their ids.']);
  }
  const original = await broker.failures.original(stored.failure).catch((error: unknown) => {
    if (error instanceof OriginalGoneError) return undefined;
    throw error;
  });
  const replay = stored.state && (await findReplay(broker, stored.state.replayId));
  return { stored, original, replay };
}

function asJson({ stored, original, replay }: WholeFailure) {
  const { id, correlationId, storedAt, event, failure, state } = stored;
  const body = original && Buffer.from(original.body);
  return {
    id,
    correlationId,
    storedAt,
    event,
    ...failure,
    original: {
      ...failure.original,
      ...(original ? { headers: original.headers, body: bodyAsJson(body!) } : {}),
    },
    state: stateOf(stored),
    ...(state ? { replay: { ...state, by: replay?.by, reason: replay?.reason } } : {}),
  };
}

/** Returns a JSON body as a value, other text as a string, and any other bytes in base64. */
function bodyAsJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return Buffer.from(text, 'utf8').equals(body) ? text : { base64: body.toString('base64') };
  }
}

function report({ stored, original, replay }: WholeFailure, { root }: Host, output: Output): string[] {
  const { id, correlationId, storedAt, event, failure } = stored;
  const { processor, reason, attempts, firstAttemptAt, lastAttemptAt, error } = failure;
  const heading = (text: string) => ['', output.paint('bold', text)];
  return [
    output.paint('bold', `${processor} gave up on ${event}`),
    ...pairs([
      ['failure', id],
      ['stored', storedAt.toISOString()],
      ['reason', `${reason}, after ${counted(attempts, 'attempt')}`],
      ['attempts', attempts === 1 ? firstAttemptAt : `${firstAttemptAt} to ${lastAttemptAt}`],
      ['flow', correlationId],
      ['state', stateText(stored, replay)],
    ]),
    ...heading('Error'),
    ...errorLines(error).map((line) => `  ${withinCheckout(line, root)}`),
    ...heading('Event'),
    ...eventLines(stored, original),
    ...(stateOf(stored) === 'open' ? ['', `node cascade replay --failure ${id} --reason '…'`] : []),
  ];
}

function stateText(stored: StoredFailure, replay: ReplayRecord | undefined): string {
  const { state } = stored;
  if (!state) return 'open: not replayed';
  const who = replay ? ` by ${printable(replay.by)}: ${printable(replay.reason)}` : '';
  const again = state.failedAgainAs ? ` as ${state.failedAgainAs}` : '';
  return `${state.state}${again} at ${state.at}, replay ${state.replayId}${who}`;
}

function errorLines({ name, message, stack = '', violations, cause }: FailureError): string[] {
  // Drops the heading of the stack. If the error's class sets no name, the heading names a parent class.
  const frames = stack.includes(message)
    ? stack.slice(stack.indexOf(message) + message.length)
    : `\n${stack}`;
  return [
    ...printableLines(`${name}: ${message}${frames.trimEnd()}`),
    ...(violations ?? []).map(({ field, rule, message: broken }) =>
      printable(`- ${field} (${rule}): ${broken}`),
    ),
    ...(cause ? ['caused by', ...errorLines(cause).map((line) => `  ${line}`)] : []),
  ];
}

/** Replaces absolute paths of this checkout with relative paths. */
function withinCheckout(line: string, root: string): string {
  return line.replace(`file://${root}/`, '').replace(`${root}/`, '');
}

function eventLines({ failure }: StoredFailure, original: WholeEvent | undefined): string[] {
  const { stream, sequence, subject, eventId, size } = failure.original;
  const place = pairs([
    ['id', printable(eventId)],
    ['channel', subject],
    ['stored', `${stream} at ${sequence}`],
    ['bytes', String(size)],
  ]);
  if (!original)
    return [...place, '  The event is no longer stored, and was too large for the failure to hold.'];
  const headers = Object.entries(original.headers).flatMap(([name, values]) =>
    values.map((value): [string, string] => [printable(name), printable(value)]),
  );
  const headerLines = headers.length > 0 ? ['', ...pairs(headers)] : [];
  return [...place, ...headerLines, '', ...bodyLines(Buffer.from(original.body))];
}

function bodyLines(body: Buffer): string[] {
  const shown = bodyAsJson(body);
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown, null, 2);
  return printableLines(text).map((line) => `  ${line}`);
}

function pairs(entries: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}
