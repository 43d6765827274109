import { IsInt, IsString } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { Consumes } from '../declare/consumes.js';
import { readEvent } from './contract.js';
import { InvalidDeclarationError, InvalidEventError } from '../errors.js';
import type { EventClass } from './event-class.js';

class TripPlannedV1 {
  static readonly event = { name: 'trip.planned', version: 1 };

  @IsString()
  readonly miles!: string;
}

class TripPlannedV2 {
  static readonly event = { name: 'trip.planned', version: 2, replaces: TripPlannedV1 };

  static upcast({ miles }: TripPlannedV1): TripPlannedV2 {
    if (miles === 'far') throw new RangeError('no number');
    return new TripPlannedV2(Number(miles));
  }

  @IsInt()
  readonly miles!: number;

  constructor(miles: number) {
    this.miles = miles;
  }
}

class TripPlanned {
  static readonly event = { name: 'trip.planned', version: 3, replaces: TripPlannedV2 };

  static upcast({ miles }: TripPlannedV2): TripPlanned {
    return new TripPlanned(Math.round(miles * 1.609));
  }

  @IsInt()
  readonly kilometres!: number;

  constructor(kilometres: number) {
    this.kilometres = kilometres;
  }
}

const read = (data: object, ceType?: string) =>
  readEvent(TripPlanned, Buffer.from(JSON.stringify(data)), ceType);

describe('an event of several versions', () => {
  it.each([
    ['the oldest version', { miles: '100' }, 'trip.planned.v1'],
    ['an older version', { miles: 100 }, 'trip.planned.v2'],
    ['the newest version', { kilometres: 161 }, 'trip.planned.v3'],
    ['an event without a version', { kilometres: 161 }, undefined],
  ])('is read in its newest version: %s', async (_, data, ceType) => {
    const event = await read(data, ceType);
    expect(event).toBeInstanceOf(TripPlanned);
    expect(event).toEqual({ kilometres: 161 });
  });

  it('must satisfy the contract of the version in which it was published', async () => {
    await expect(read({ miles: 100 }, 'trip.planned.v1')).rejects.toMatchObject({
      message: expect.stringContaining('trip.planned v1 breaks its contract'),
      violations: [{ field: 'miles', rule: 'isString' }],
    });
  });

  it.each([
    ['a version newer than known', {}, 'trip.planned.v4', /version 4 .* unknown here: v3, v2, v1 are read/],
    ['another event', {}, 'trip.cancelled.v1', /must be trip\.planned\.v3 .* found "trip\.cancelled\.v1"/],
    [
      'an event on which its upcaster throws',
      { miles: 'far' },
      'trip.planned.v1',
      /upcast of trip\.planned from v1 to v2 failed: no number/,
    ],
    [
      'an invalid result of its upcaster',
      { miles: 'x' },
      'trip.planned.v1',
      /trip\.planned v3 breaks its contract/,
    ],
  ])('refuses %s', async (_, data, ceType, message) => {
    const reading = read(data, ceType);
    await expect(reading).rejects.toThrow(InvalidEventError);
    await expect(reading).rejects.toThrow(message);
  });

  it.each<[string, EventClass, RegExp]>([
    [
      'without an upcaster',
      class TripPlannedV4 {
        static readonly event = { name: 'trip.planned', version: 4, replaces: TripPlanned };
      },
      /TripPlannedV4 replaces TripPlanned and needs `static upcast\(old: TripPlanned\): TripPlannedV4`/,
    ],
    [
      'that replaces a newer version',
      class TripPlannedAgain {
        static readonly event = { name: 'trip.planned', version: 2, replaces: TripPlanned };
        static upcast(): TripPlannedAgain {
          return new TripPlannedAgain();
        }
      },
      /must be an older version of the same event/,
    ],
    [
      'that replaces another event',
      class TripCancelled {
        static readonly event = { name: 'trip.cancelled', version: 4, replaces: TripPlanned };
        static upcast(): TripCancelled {
          return new TripCancelled();
        }
      },
      /must be an older version of the same event/,
    ],
  ])('cannot be declared %s', (_, type, message) => {
    expect(() => Consumes(type, { processor: 'planner' })).toThrow(InvalidDeclarationError);
    expect(() => Consumes(type, { processor: 'planner' })).toThrow(message);
  });
});
