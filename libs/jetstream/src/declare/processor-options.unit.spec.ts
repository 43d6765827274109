import { describe, expect, it } from '@jest/globals';
import { ConsumesFailure } from './consumes.js';
import { InvalidDeclarationError } from '../errors.js';
import type { EventClass } from '../contract/event-class.js';
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

  it('reports all faults together', () => {
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

  it.each<[string, object, string]>([
    [
      'an option that does not exist',
      { attempst: 3 },
      'there is no option attempst, but there are processor, formerly, publishes, ',
    ],
    [
      'infinite attempts',
      { attempts: Infinity },
      'attempts must be a whole number from 1 to 1,000, found Infinity',
    ],
    ['attempts as text', { attempts: '5' }, "attempts must be a whole number from 1 to 1,000, found '5'"],
    [
      'a very high concurrency',
      { concurrency: 1e9 },
      'concurrency must be a whole number from 1 to 10,000, found 1000000000',
    ],
    ['delays as text', { backoff: ['1', '2'] }, "backoff[0] must be from 1 to 2,147,483,647 ms, found '1'"],
    ['jitter as text', { jitter: '0.2' }, "jitter must be from 0 to 1, found '0.2'"],
    [
      'one error outside a list',
      { retryOn: TypeError },
      'retryOn must be a list of error classes, found [Function: TypeError]',
    ],
    [
      'an undefined error',
      { retryOn: [undefined] },
      'retryOn must be a list of error classes, found [ undefined ]',
    ],
    [
      'the name of an error',
      { unrecoverable: 'x' },
      "unrecoverable must be a list of error classes, found 'x'",
    ],
    [
      'a function in place of an error',
      { unrecoverable: [() => 1] },
      'unrecoverable must be a list of error classes, found ',
    ],
    [
      'an outage that is not a function',
      { outage: 'x' },
      "outage must be a function that returns true for an outage, found 'x'",
    ],
    [
      'an infinite ackWait',
      { ackWait: Infinity },
      'ackWait must be from 1,000 to 2,147,483,647 ms, found Infinity',
    ],
    [
      'one event outside a list',
      { publishes: ThingHappened },
      'publishes must be a list of event classes, found [class ThingHappened]',
    ],
    ['an undefined event', { publishes: [undefined] }, 'This object is not an event'],
    ['pause: true', { pause: true }, 'pause must be false or an object, found true'],
    [
      'a misspelt pause',
      { pause: { failure: 3 } },
      'there is no option pause.failure, but there are failures, ',
    ],
    [
      'a probe after more than 24 days',
      { pause: { firstProbe: 1e12 } },
      'pause.firstProbe must be from 1 to 2,147,483,647 ms, found 1000000000000',
    ],
    [
      'an infinite time between probes',
      { pause: { maxProbe: Infinity } },
      'pause.maxProbe must be from 1 to 2,147,483,647 ms, found Infinity',
    ],
    [
      'no name',
      { processor: undefined },
      'Processor undefined: the name must be kebab-case, at most 64 characters, found undefined.',
    ],
    ['a symbol as name', { processor: Symbol('p') }, 'Processor Symbol(p): the name must be kebab-case'],
  ])('refuses %s', (_, options, message) => {
    const declare = () => declareProcessor(ThingHappened, { processor: 'p', ...options });
    expect(declare).toThrow(InvalidDeclarationError);
    expect(declare).toThrow(message);
  });

  it('is refused without event and options', () => {
    const declare = () => declareProcessor(undefined as never, undefined as never);
    expect(declare).toThrow(InvalidDeclarationError);
    expect(declare).toThrow(/This object is not an event.*the name must be kebab-case/);
  });

  it('uses the default of an undefined option, within pause and backoff too', () => {
    const all = { pause: { failures: undefined }, backoff: { max: undefined }, jitter: undefined } as object;
    const { pause, delays, jitter } = declareProcessor(ThingHappened, { processor: 'p', ...all });
    expect({ pause, delays, jitter }).toMatchObject({
      pause: { failures: 20 },
      delays: [1_000, 7_000, 49_000, 300_000],
      jitter: 0.2,
    });
  });

  it('of failures reports the faults of `of` as well', () => {
    const declare = () => ConsumesFailure(undefined as never, { of: 'p', processor: 'p', attempts: 0 });
    expect(declare).toThrow(InvalidDeclarationError);
    expect(declare).toThrow(/not an event.*; of must name another processor, found 'p'; attempts must be/);
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
