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
import { printable, printableLines } from '../text/printable.js';
import { findReplay, type ReplayRecord } from './find-replay.js';
import { stateOf } from './state.js';

interface WholeFailure {
  readonly stored: StoredFailure;
  /** Undefined where it is no longer stored. */
  readonly original: WholeEvent | undefined;
  /** The last replay of it. */
  readonly replay: ReplayRecord | undefined;
}

export async function run({ host, output, args }: Invocation): Promise<number> {
  const id = args[0]!;
  const whole = await withBroker(host, (broker) => read(broker, id));
  output.result(asJson(whole), () => report(whole, host, output));
  return ExitCode.ok;
}

async function read(broker: Broker, id: string): Promise<WholeFailure> {
  const stored = await broker.archive.find(id);
  if (!stored) {
    throw new CommandError(`No failure has the id ${id}.`, ['`node cascade failures list` shows their ids.']);
  }
  const original = await broker.archive.original(stored.failure).catch((error: unknown) => {
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

/** JSON as it is, other text as text, and what is no text in base64. */
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
      ['reason', `${reason}, after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`],
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
  if (!state) return 'open: nobody replayed it';
  const who = replay ? ` by ${printable(replay.by)}: ${printable(replay.reason)}` : '';
  const again = state.failedAgainAs ? ` as ${state.failedAgainAs}` : '';
  return `${state.state}${again} at ${state.at}, replay ${state.replayId}${who}`;
}

function errorLines({ name, message, stack = '', violations, cause }: FailureError): string[] {
  // The stack begins with a name of its own, which is that of a parent where a class gives none.
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

/** Places in a stack as people look for them, where it was made from this checkout. */
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
    return [...place, '  It is no longer stored, and was too large to be carried by the failure.'];
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
