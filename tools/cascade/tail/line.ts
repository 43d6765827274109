import { envelopeOf, type EventFailed } from '@cascade/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import type { Output } from '../output.js';
import { fit } from '../../text/columns.js';
import { eventNameOf } from '../../text/event-name.js';
import { printable } from '../text/printable.js';

type SeenEvent = ReturnType<typeof seen>;

export function seen(message: JsMsg) {
  const { id, correlationId, causationId, source } = envelopeOf(message);
  const { subject, seq: sequence, time } = message;
  return { time, subject, sequence, id, correlationId, causationId, source, data: dataOf(message) };
}

/**
 * Formats an event as a line, cut to the terminal's width. The line shows the time, name, source and correlation id, followed by
 * the data or by a failure's error.
 */
export function toLine({ time, subject, source, correlationId, data }: SeenEvent, output: Output): string {
  const isFailure = subject.startsWith('failed.');
  const what = isFailure ? errorIn(data) : typeof data === 'string' ? data : JSON.stringify(data);
  const line = fit(
    printable(`${time.toISOString()}  ${eventNameOf(subject)}  ${source ?? '-'}  ${correlationId}  ${what}`),
    output.width,
  );
  return isFailure ? output.paint('red', line) : line;
}

function dataOf(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return message.string();
  }
}

function errorIn(data: unknown): string {
  const { error, attempts } = (data ?? {}) as Partial<EventFailed>;
  return error ? `${error.name}: ${error.message} (attempts: ${attempts})` : JSON.stringify(data);
}
