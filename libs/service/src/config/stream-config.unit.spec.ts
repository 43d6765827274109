import { describe, expect, it } from '@jest/globals';
import { InvalidConfigError } from './invalid-config-error.js';
import { readConfig } from './read-config.js';
import { StreamConfig } from './stream-config.js';

const DAY = 86_400_000;
const declared = { replicas: 1, events: { maxBytes: 1_000, maxAge: 7 * DAY }, failures: { maxBytes: 500 } };
const streamsOf = (env: NodeJS.ProcessEnv) => readConfig(StreamConfig, env).streamsOf(declared);

describe('The size of the streams', () => {
  it('is as declared if the environment does not set it', () => {
    expect(streamsOf({})).toEqual(declared);
  });

  it('is set by the environment, with units', () => {
    const env = {
      STREAM_REPLICAS: '3',
      EVENTS_MAX_BYTES: '20GiB',
      EVENTS_MAX_AGE: '1.5d',
      FAILURES_MAX_BYTES: '4096',
      FAILURES_MAX_AGE: '36h',
    };
    expect(streamsOf(env)).toEqual({
      replicas: 3,
      events: { maxBytes: 20 * 1024 ** 3, maxAge: 1.5 * DAY },
      failures: { maxBytes: 4_096, maxAge: 1.5 * DAY },
    });
  });

  it('is refused if it is invalid, with every fault', () => {
    const read = () =>
      streamsOf({ STREAM_REPLICAS: '2', EVENTS_MAX_BYTES: '20 gigs', FAILURES_MAX_AGE: '3' });
    expect(read).toThrow(InvalidConfigError);
    expect(read).toThrow(/STREAM_REPLICAS must be one of.*1, 3, 5/);
    expect(read).toThrow(/EVENTS_MAX_BYTES must be a size above 0 such as 512MiB.*found "20 gigs"/);
    expect(read).toThrow(
      /FAILURES_MAX_AGE must be a time of at least 10m, .* such as 90m, 36h or 14d, found "3"/,
    );
  });

  it.each(['0', '0GiB', '0.4B'])('is refused if it is %s bytes, which would mean no limit', (size) => {
    expect(() => streamsOf({ EVENTS_MAX_BYTES: size })).toThrow(
      `EVENTS_MAX_BYTES must be a size above 0 such as 512MiB, 20GiB or a number of bytes, found "${size}"`,
    );
  });

  it.each(['0s', '0d', '0.2ms', '9.9m', '599s'])('is refused if events are kept for %s only', (time) => {
    for (const variable of ['EVENTS_MAX_AGE', 'FAILURES_MAX_AGE']) {
      expect(() => streamsOf({ [variable]: time })).toThrow(
        `${variable} must be a time of at least 10m, for which the broker drops duplicates, such as 90m, 36h or 14d, found "${time}"`,
      );
    }
  });

  it('may keep events for 10 minutes', () => {
    expect(streamsOf({ EVENTS_MAX_AGE: '10m' }).events).toMatchObject({ maxAge: 600_000 });
  });

  it('is not set by a misspelled name', () => {
    expect(() => streamsOf({ EVENTS_MAX_SIZE: '1GiB' })).toThrow(/EVENTS_MAX_SIZE is not known/);
  });
});
