import { Consumes, type EventFailed } from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { AckPolicy, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Controller, type Type } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OrderPlaced } from './events.js';
import { place, untilPaused } from './pausing.js';
import { startStallingProxy, type StallingProxy } from './stalling-proxy.js';
import { useTransport } from './transport.js';

/** Returns a processor that fails on each event, and retries each event once after 3 s. */
const failing = (processor: string, formerly: string[] = []): Type => {
  @Controller()
  class Failing {
    @Consumes(OrderPlaced, { processor, formerly, attempts: 2, backoff: 3_000, pause: false })
    handle(): void {
      throw new Error('no');
    }
  }
  return Failing;
};

describe('a prune', () => {
  const transport = useTransport();
  let manager: JetStreamManager;
  let proxy: StallingProxy;

  beforeAll(async () => {
    manager = await jetstreamManager(transport.client);
  });
  beforeEach(async () => {
    proxy = await startStallingProxy(transport.broker.port);
  });
  afterEach(async () => {
    await proxy.stop();
    await transport.deleteStreams();
  });

  /** Leaves a stopped processor with retries that are not due yet. */
  const stoppedWithRetries = async (name: string, count: number) => {
    await transport.run({ controllers: [failing(name)] });
    place(transport, name, count);
    await eventually(async () =>
      expect(await transport.read('RETRIES', `retry.${name}.sch.*`)).toHaveLength(count),
    );
    await transport.closeApplications();
  };
  const failuresOf = async (processor: string, count: number) =>
    (await transport.stored('FAILURES', `failed.${processor}.order.placed`, count, 15_000)).map(
      (failure) => failure.json<EventFailed>().attempts,
    );

  it('hands over a retry of a renamed processor that becomes due while the prune reads it', async () => {
    await stoppedWithRetries('early', 1);
    const renamed = failing('late', ['early']);
    await transport.run({ controllers: [renamed] });
    const stalled = proxy.stallBehind(/STREAM\.MSG\.GET\.RETRIES/);

    const pruned = transport.operate([renamed], (operator) => operator.prune(), proxy.url);
    await stalled;
    await eventually(async () =>
      expect(await transport.read('RETRIES', 'retry.early.due.*')).toHaveLength(1),
    );
    proxy.goOn();

    expect(await pruned).toMatchObject([{ processor: 'early', retries: 1, renamedTo: 'late' }]);
    expect(await failuresOf('late', 1)).toEqual([2]);
    expect(await transport.read('RETRIES', 'retry.early.>')).toEqual([]);
  });

  it('keeps the next attempt of an event whose last delivery was not acknowledged', async () => {
    await stoppedWithRetries('torn', 1);
    const [due] = await transport.stored('RETRIES', 'retry.torn.due.*', 1);
    const inAnHour = `@at ${new Date(Date.now() + 3_600_000).toISOString()}`;
    const schedule = { 'Nats-Schedule': inAnHour, 'Nats-Schedule-Target': due!.subject };
    transport.publish(due!.subject.replace('.due.', '.sch.'), due!.data, schedule);
    await transport.stored('RETRIES', 'retry.torn.sch.*', 1);

    await transport.operate([failing('whole', ['torn'])], (operator) => operator.prune());

    const subjects = (await transport.read('RETRIES', 'retry.>')).map(({ subject }) => subject);
    expect(subjects).toEqual([
      due!.subject.replace('torn', 'whole'),
      due!.subject.replace('torn.due', 'whole.sch'),
    ]);
  });

  it('that was interrupted is completed by the next prune', async () => {
    await stoppedWithRetries('brief', 2);
    const renamed = failing('long', ['brief']);
    const stalled = proxy.stallBehind(/STREAM\.MSG\.GET\.RETRIES/);
    const interrupted = transport.operate([renamed], (operator) => operator.prune(), proxy.url);
    await stalled;
    await proxy.stop();
    await expect(interrupted).rejects.toThrow();

    const pruned = await transport.operate([renamed], (operator) => operator.prune());

    expect(pruned).toMatchObject([{ processor: 'brief', retries: 2 }]);
    await transport.run({ controllers: [renamed] });
    expect(await failuresOf('long', 2)).toEqual([2, 2]);
  });

  it('finds retries of a processor without consumers', async () => {
    await stoppedWithRetries('bare', 1);
    await manager.consumers.delete('EVENTS', 'bare');
    await manager.consumers.delete('RETRIES', 'bare');
    await manager.consumers.delete('RETRIES', 'bare_quarantine');
    const renamed = failing('clad', ['bare']);
    const left = { processor: 'bare', consumers: [], waiting: 0, retries: 1, renamedTo: 'clad' };
    expect(await transport.operate([renamed], (operator) => operator.retired())).toMatchObject([left]);

    expect(await transport.operate([renamed], (operator) => operator.prune())).toMatchObject([left]);

    expect(await transport.operate([renamed], (operator) => operator.retired())).toEqual([]);
    expect(await transport.read('RETRIES', 'retry.clad.>')).toHaveLength(1);
  });

  it('keeps the retries of a declared processor that has one superfluous consumer', async () => {
    await stoppedWithRetries('moved', 1);
    await manager.consumers.add('FAILURES', { durable_name: 'moved', ack_policy: AckPolicy.Explicit });

    const pruned = await transport.operate([failing('moved')], (operator) => operator.prune());

    const consumers = [{ stream: 'FAILURES', durable: 'moved' }];
    expect(pruned).toMatchObject([{ processor: 'moved', isDeclared: true, consumers, retries: 0 }]);
    expect(await transport.read('RETRIES', 'retry.moved.>')).toHaveLength(1);
  });

  it('keeps a paused processor, which neither pulls nor has events in flight', async () => {
    @Controller()
    class Paused {
      @Consumes(OrderPlaced, {
        processor: 'asleep',
        pause: { failures: 1, firstProbe: 60_000, maxProbe: 60_000 },
      })
      handle(): void {
        throw new Error('no');
      }
    }
    const application = await transport.run({ controllers: [Paused] });
    place(transport, 'asleep', 1);
    await untilPaused(application);
    await transport.stored('EVENTS', 'events.processor.paused', 1);
    await eventually(async () => {
      const consumers = ['EVENTS', 'RETRIES'].map((stream) => manager.consumers.info(stream, 'asleep'));
      for (const { num_waiting, num_ack_pending } of await Promise.all(consumers))
        expect({ num_waiting, num_ack_pending }).toEqual({ num_waiting: 0, num_ack_pending: 0 });
    });

    expect(await transport.operate([], (operator) => operator.prune())).toEqual([]);

    await transport.closeApplications();
    const pruned = await transport.operate([], (operator) => operator.prune());
    expect(pruned).toMatchObject([{ processor: 'asleep', retries: 1, isInUse: false }]);
  });
});
