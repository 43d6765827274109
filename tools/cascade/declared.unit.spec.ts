import { describe, expect, it } from '@jest/globals';
import { sharedSettings } from './declared.js';

const app = (name: string, streams?: object) => ({
  name,
  service: { source: name, publishes: [], ...(streams ? { streams } : {}) },
});

describe('The settings of the streams', () => {
  it('are the common declaration of all services', () => {
    const streams = { replicas: 3 };
    expect(sharedSettings([app('signup', streams), app('notifier', { replicas: 3 })])).toEqual(streams);
    expect(sharedSettings([app('signup'), app('notifier')])).toEqual({});
    expect(sharedSettings([app('signup', streams), { name: 'website', service: undefined }])).toEqual(
      streams,
    );
  });

  it('are contradictory if services declare different settings', () => {
    expect(() => sharedSettings([app('signup', { replicas: 3 }), app('notifier')])).toThrow(
      'Apps signup and notifier declare different streams: {"replicas":3} and {}.',
    );
  });
});
