import {
  EVENTS_STREAM,
  CloudEventHeader,
  envelopeOf,
  FAILURES_STREAM,
  failureChannelOf,
  readStream,
  TransportHeader,
} from '@cascade/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import { eventNameOf } from '../../text/event-name.js';
import type { Broker } from '../broker/broker.js';
import { stateOf } from '../failures/state.js';
import type { Flow, FlowEvent, FlowFailure, FlowReplay } from './flow.js';
import { waitingRetries } from './waiting-retries.js';

/** Number of events between two calls of `onRead`. */
const REPORT_EVERY = 20_000;

/**
 * Reads the headers of all events since a time. Returns the events of the flow with their failures, replays and waiting retries.
 *
 * @param onRead called after every 20,000 events with the number of events that have been read
 */
export async function readFlow(
  broker: Broker,
  correlationId: string,
  since: Date,
  onRead: (events: number) => void = () => undefined,
): Promise<Flow> {
  const events = await readEvents(broker, correlationId, since, onRead);
  const failures = await readFailures(broker, correlationId, since);
  const stored = [...events.found, ...failures.found];
  const retries = await waitingRetries(broker, stored);
  const steps = [...stored, ...retries].sort((a, b) => a.time.getTime() - b.time.getTime());
  return { correlationId, steps, searched: { since, events: events.read, failures: failures.read } };
}

async function readEvents(
  { nats }: Broker,
  correlationId: string,
  since: Date,
  onRead: (events: number) => void,
) {
  const found: (FlowEvent | FlowReplay)[] = [];
  let read = 0;
  const selection = { stream: EVENTS_STREAM, subjects: ['events.>', 'replay.>'], since, headersOnly: true };
  for await (const message of readStream(nats, selection)) {
    read += 1;
    if (read % REPORT_EVERY === 0) onRead(read);
    if (isOfAnother(message, correlationId)) continue;
    const envelope = envelopeOf(message);
    if (envelope.correlationId !== correlationId) continue;
    const { id, causationId, source } = envelope;
    const { subject, seq: sequence, time } = message;
    const place = { time, stream: EVENTS_STREAM, sequence };
    if (subject.startsWith('events.')) {
      found.push({ kind: 'event', id, causationId, name: eventNameOf(subject), source, ...place });
    } else {
      found.push({
        kind: 'replay',
        id: `replay-${sequence}`,
        // The cause is the replayed failure. If a channel was replayed, the cause is the replayed event.
        causationId: message.headers?.get(TransportHeader.failureId) || id,
        name: subject,
        source: subject.split('.')[1]!,
        ...place,
        replayId: message.headers?.get(TransportHeader.replayId) || undefined,
        asNew: Boolean(message.headers?.get(TransportHeader.asNew)),
      });
    }
  }
  return { found, read };
}

/** True if a quick check shows that the message belongs to another flow. The check avoids parsing most messages. */
function isOfAnother(message: JsMsg, correlationId: string): boolean {
  try {
    const written = message.headers?.get(CloudEventHeader.correlationId) ?? '';
    return written !== '' && written !== correlationId && !written.includes('%');
  } catch {
    // The client throws an error for headers that cannot be parsed.
    return false;
  }
}

async function readFailures({ failures }: Broker, correlationId: string, since: Date) {
  const found: FlowFailure[] = [];
  let read = 0;
  for await (const stored of failures.list({ since })) {
    read += 1;
    if (stored.correlationId !== correlationId) continue;
    const { processor, reason, attempts, error, original } = stored.failure;
    found.push({
      kind: 'failure',
      id: stored.id,
      causationId: original.eventId,
      name: failureChannelOf(processor, stored.event),
      source: processor,
      time: stored.storedAt,
      stream: FAILURES_STREAM,
      sequence: stored.sequence,
      processor,
      reason,
      attempts,
      error: { name: error.name, message: error.message },
      state: stateOf(stored),
    });
  }
  return { found, read };
}
