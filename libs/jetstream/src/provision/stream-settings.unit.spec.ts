import { expect, it } from '@jest/globals';
import { InvalidDeclarationError } from '../errors.js';
import { declareProcessor } from '../declare/processor-options.js';
import { assertRetriesFit, streamConfigs } from './stream-settings.js';

class ThingHappened {
  static readonly event = { name: 'thing.happened', version: 1 };
}

const EVENTS = { stream: 'EVENTS', subject: 'events.thing.happened' };
const FAILURES = { stream: 'FAILURES', subject: 'failed.other.thing.happened' };

/** Returns a processor with two delays of 2 s. With the default jitter, each delay may be 0.4 s longer. */
const waiting = (channel: typeof EVENTS, jitter?: number) =>
  declareProcessor(ThingHappened, channel, { processor: 'p', attempts: 3, backoff: 2_000, jitter });

it('refuses retries that may come after the stream has deleted the event, including jitter', () => {
  expect(() => assertRetriesFit(waiting(EVENTS, 0), { events: { maxAge: 4_001 } })).not.toThrow();
  expect(() => assertRetriesFit(waiting(EVENTS), { events: { maxAge: 4_801 } })).not.toThrow();
  const refused = () => assertRetriesFit(waiting(EVENTS), { events: { maxAge: 4_800 } });
  expect(refused).toThrow(InvalidDeclarationError);
  expect(refused).toThrow(
    /waits up to 4800 ms for its last attempt, but events are kept for 4800 ms in EVENTS/,
  );
});

it('compares the retries with the stream that the processor consumes', () => {
  const settings = { events: { maxAge: 100 }, failures: { maxAge: 4_801 } };
  expect(() => assertRetriesFit(waiting(FAILURES), settings)).not.toThrow();
  expect(() => assertRetriesFit(waiting(FAILURES), { failures: { maxAge: 100 } })).toThrow(
    /for 100 ms in FAILURES/,
  );
});

it.each([
  [{ events: { maxBytes: 0 } }, 'Stream EVENTS: maxBytes must be above 0, found 0'],
  [{ failures: { maxAge: -1 } }, 'Stream FAILURES: maxAge must be above 0, found -1'],
  [
    { events: { maxAge: 599_999 } },
    'Stream EVENTS: maxAge must be at least 600000 ms (10 min), found 599999.',
  ],
  [{ failures: { maxAge: 1 } }, 'Stream FAILURES: maxAge must be at least 600000 ms (10 min), found 1.'],
])('refuses %j, which the server refuses or takes as unlimited', (settings, message) => {
  expect(() => streamConfigs(settings)).toThrow(InvalidDeclarationError);
  expect(() => streamConfigs(settings)).toThrow(message);
});

it('accepts events that are kept as long as the duplicate window', () => {
  const [events] = streamConfigs({ events: { maxAge: 600_000 } });
  expect(events).toMatchObject({ max_age: 600e9, duplicate_window: 600e9 });
});
