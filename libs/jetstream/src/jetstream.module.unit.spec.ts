import { IsString } from 'class-validator';
import { describe, expect, it } from '@jest/globals';
import { InvalidDeclarationError } from './errors.js';
import { JetStreamModule, serviceOf } from './jetstream.module.js';

class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;
}

const servers = 'nats://127.0.0.1:1';

describe('JetStreamModule', () => {
  it('tells what a service declares of itself', () => {
    const module = JetStreamModule.forRoot({ source: 'shop', servers, publishes: [OrderPlaced] });
    expect(serviceOf(module)).toEqual({ source: 'shop', publishes: [OrderPlaced] });
    expect(serviceOf({ module: class Other {} })).toBeUndefined();
    const clustered = JetStreamModule.forRoot({ source: 'shop', servers, events: { replicas: 3 } });
    expect(serviceOf(clustered)).toMatchObject({ streams: { events: { replicas: 3 } } });
  });

  it('refuses to publish what is no event', () => {
    const forRoot = () => JetStreamModule.forRoot({ source: 'shop', servers, publishes: [Date as never] });
    expect(forRoot).toThrow(InvalidDeclarationError);
    expect(forRoot).toThrow(/Service 'shop', publishes: Date is not an event/);
  });
});
