import { Consumes, ConsumesFailure, EventFailed, UnrecoverableError } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@cascade/testing';
import { Transport } from './transport.js';

class ParcelSentV1 {
  static readonly event = { name: 'parcel.sent', version: 1 };

  @IsString()
  readonly weight!: string;
}

class ParcelSent {
  static readonly event = { name: 'parcel.sent', version: 2, replaces: ParcelSentV1 };

  static upcast({ weight }: ParcelSentV1): ParcelSent {
    return new ParcelSent(parseInt(weight, 10));
  }

  @IsInt()
  readonly grams!: number;

  constructor(grams: number) {
    this.grams = grams;
  }
}

let transport: Transport;
beforeAll(async () => (transport = await Transport.start()));
afterEach(() => transport.closeApplications());
afterAll(() => transport.stop());

const publish = (data: object, type: string) =>
  transport.publish('events.parcel.sent', data, { 'ce-specversion': '1.0', 'ce-type': type });

it('a handler gets events of every version as the newest version, and failures carry them as published', async () => {
  const handled: ParcelSent[] = [];
  const failed: ParcelSent[] = [];
  @Controller()
  class Weighing {
    @Consumes(ParcelSent, { processor: 'scales' })
    weigh(@Payload() parcel: ParcelSent): void {
      handled.push(parcel);
      if (parcel.grams > 1_000) throw new UnrecoverableError('too heavy');
    }

    @ConsumesFailure(ParcelSent, { of: 'scales', processor: 'heavy-parcels' })
    async note(@Payload() failure: EventFailed): Promise<void> {
      failed.push(await failure.originalEvent(ParcelSent));
    }
  }
  await transport.run({ controllers: [Weighing] });

  publish({ weight: '500 g' }, 'parcel.sent.v1');
  publish({ grams: 600 }, 'parcel.sent.v2');
  publish({ weight: '5000 g' }, 'parcel.sent.v1');

  await eventually(() => expect(handled.map(({ grams }) => grams).sort()).toEqual([500, 5000, 600]));
  await eventually(() => expect(failed).toEqual([{ grams: 5_000 }]));
  expect([...handled, ...failed].every((parcel) => parcel instanceof ParcelSent)).toBe(true);
  const [failure] = await transport.stored('FAILURES', 'failed.scales.parcel.sent', 1);
  expect(failure!.json<EventFailed>().original.body!.data).toBe('{"weight":"5000 g"}');
});

it('an event of a version that a processor does not know is dead-lettered, and can be replayed later', async () => {
  @Controller()
  class Careless {
    @Consumes(ParcelSent, { processor: 'careless' })
    take(): void {}
  }
  await transport.run({ controllers: [Careless] });
  publish({ milligrams: 1 }, 'parcel.sent.v3');
  const [failure] = await transport.stored('FAILURES', 'failed.careless.parcel.sent', 1);
  expect(failure!.json()).toMatchObject({
    reason: 'invalid-event',
    error: { message: 'major version 3 of parcel.sent is unknown here: v2, v1 are read' },
  });
});
