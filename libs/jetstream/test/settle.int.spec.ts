import { Consumes, EventContext, type EventFailed } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { ConsoleLogger, Controller, Logger } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { useTransport } from './transport.js';

/** Logger that throws an error when a certain line is logged. */
class FailingLogger extends ConsoleLogger {
  constructor(private readonly line: string) {
    super();
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (message === this.line) throw new Error('the log is full');
    super.log(message, ...(rest as [string]));
  }
}

describe('settling an event', () => {
  const transport = useTransport({}, (transport) => {
    Logger.overrideLogger(new ConsoleLogger());
    return transport.closeApplications();
  });

  it('ends with the acknowledgement, and a later fault does not cause another attempt', async () => {
    const attempts: number[] = [];
    @Controller()
    class Recovering {
      @Consumes(OrderPlaced, {
        processor: 'recovering',
        attempts: 5,
        backoff: 20,
        pause: { failures: 1, firstProbe: 20 },
      })
      send(@Ctx() context: EventContext): void {
        attempts.push(context.attempt);
        if (attempts.length === 1) throw new Error('provider is down');
      }
    }
    await transport.run({ controllers: [Recovering] });
    Logger.overrideLogger(new FailingLogger('resumed: an event succeeded'));
    transport.publish('events.order.placed', { orderId: 'once', amount: 1 });

    await eventually(() => expect(attempts.length).toBeGreaterThanOrEqual(2));
    await transport.settled('recovering');
    const schedules = await transport.read('RETRIES', 'retry.recovering.sch.>');
    expect({ attempts, schedules }).toEqual({ attempts: [1, 2], schedules: [] });
  });

  it('dead-letters immediately if the broker refuses a next event permanently, and does not pause', async () => {
    let calls = 0;
    @Controller()
    class Verbose {
      @Consumes(OrderPlaced, {
        processor: 'verbose',
        publishes: [OrderConfirmed],
        attempts: 3,
        backoff: 20,
        pause: { failures: 1 },
      })
      confirm(@Payload() { orderId }: OrderPlaced): OrderConfirmed {
        if (orderId === 'large') calls += 1;
        return Object.assign(new OrderConfirmed({ orderId }), { note: 'x'.repeat(5_000) });
      }
    }
    await transport.run({ controllers: [Verbose] });
    const { streams } = await jetstreamManager(transport.client);
    await streams.update('EVENTS', { max_msg_size: 2_000 });
    transport.publish('events.order.placed', { orderId: 'large', amount: 1 });

    const [failure] = await transport.stored('FAILURES', 'failed.verbose.order.placed', 1);
    expect(failure!.json<EventFailed>()).toMatchObject({
      reason: 'unrecoverable',
      attempts: 1,
      error: {
        name: 'PublishRefusedError',
        message: expect.stringContaining('message size exceeds maximum'),
      },
    });
    await transport.settled('verbose');
    expect(calls).toBe(1);
    const paused = await transport.read('EVENTS', 'events.processor.paused');
    expect(paused.map((message) => message.json<{ processor: string }>().processor)).not.toContain('verbose');
  });
});
