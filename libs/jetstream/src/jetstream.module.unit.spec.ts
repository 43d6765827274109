import { IsString } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { InvalidDeclarationError } from './errors.js';
import { JetStreamModule, serviceOf } from './jetstream.module.js';

class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;
}

const servers = 'nats://127.0.0.1:1';

describe('JetStreamModule', () => {
  it('returns the declaration of a service', () => {
    const module = JetStreamModule.forRoot({ source: 'shop', servers, publishes: [OrderPlaced] });
    expect(serviceOf(module)).toEqual({ source: 'shop', publishes: [OrderPlaced] });
    expect(serviceOf({ module: class Other {} })).toBeUndefined();
    const clustered = JetStreamModule.forRoot({ source: 'shop', servers, streams: { replicas: 3 } });
    expect(serviceOf(clustered)).toMatchObject({ streams: { replicas: 3 } });
  });

  it('refuses a class that is not an event under `publishes`', () => {
    const forRoot = () => JetStreamModule.forRoot({ source: 'shop', servers, publishes: [Date as never] });
    expect(forRoot).toThrow(InvalidDeclarationError);
    expect(forRoot).toThrow(/Service 'shop': publishes: Date is not an event/);
  });

  it.each([0, -1, 1.5, NaN, Infinity, '64', null])('refuses %p as its publishWindow', (publishWindow) => {
    const forRoot = () =>
      JetStreamModule.forRoot({ source: 'shop', servers, publishWindow: publishWindow as number });
    expect(forRoot).toThrow(InvalidDeclarationError);
    expect(forRoot).toThrow(
      `Service 'shop': publishWindow must be a whole number of at least 1, found ${inspect(publishWindow)}.`,
    );
  });

  it.each([undefined, 1, 100_000])('accepts %p as its publishWindow', (publishWindow) => {
    expect(JetStreamModule.forRoot({ source: 'shop', servers, publishWindow }).module).toBe(JetStreamModule);
  });
});
