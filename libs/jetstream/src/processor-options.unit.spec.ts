import { describe, expect, it } from '@jest/globals';
import { InvalidDeclarationError } from './errors.js';
import type { EventClass } from './event-class.js';
import { declareProcessor as declareOn, type ProcessorOptions } from './processor-options.js';

class ThingHappened {
  static readonly event = { name: 'thing.happened', version: 1 };
}
class Unnamed {}

const declareProcessor = (consumes: EventClass, options: ProcessorOptions) =>
  declareOn(consumes, { stream: 'EVENTS', subject: 'events.thing.happened' }, options);

describe('the declaration of a processor', () => {
  it('fills in the documented defaults', () => {
    expect(declareProcessor(ThingHappened, { processor: 'thing-counter' })).toMatchObject({
      concurrency: 64,
      attempts: 5,
      ackWait: 30_000,
      delays: [1_000, 7_000, 49_000, 300_000],
      jitter: 0.2,
      retryOn: [Error],
      publishes: [],
      unrecoverable: [],
    });
  });

  it('refuses what cannot work, naming every fault at once', () => {
    const declare = () =>
      declareProcessor(Unnamed as EventClass, {
        processor: 'Bad.Name',
        attempts: 0,
        concurrency: 1.5,
        ackWait: 10,
        backoff: { initial: 500, max: 100, factor: 0.5 },
        jitter: 2,
        retryOn: [RangeError],
        unrecoverable: [RangeError],
      });
    expect(declare).toThrow(InvalidDeclarationError);
    for (const word of [
      'Unnamed is not an event',
      'kebab-case',
      'attempts',
      'concurrency',
      'ackWait',
      'factor',
      'backoff.max',
      'jitter',
      'RangeError',
    ]) {
      expect(declare).toThrow(word);
    }
  });

  it.each(['', 'a.b', 'a b', 'a*', '>', 'Ä', 'a--b', '-a', 'a'.repeat(65)])(
    'refuses the name %j',
    (processor) => {
      expect(() => declareProcessor(ThingHappened, { processor })).toThrow(/kebab-case/);
    },
  );

  it.each([
    'happened',
    'Thing.happened',
    'thing.happened.',
    'thing..happened',
    'thing.*',
    'thing happened.now',
  ])('refuses the event name %j', (name) => {
    const type = Object.assign(class {}, { event: { name, version: 1 } });
    expect(() => declareProcessor(type, { processor: 'p' })).toThrow(/not an event/);
  });
});
