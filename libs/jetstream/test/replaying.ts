import {
  Consumes,
  EventContext,
  FailureReader,
  Replays,
  UnrecoverableError,
  type ReplaySelection,
  type StoredFailure,
} from '@cascade/jetstream';
import { eventually } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { Transport } from './transport.js';

export class CardDeclined extends UnrecoverableError {}

export const WHO = { by: 'ann', reason: 'the bank is back' };

/** Settings of the two processors, and the events that the processors have handled. */
const billing = {
  isBroken: true,
  /** Promise for which the billing of an order waits. */
  gate: Promise.resolve(),
  handled: [] as { processor: string; orderId: string; context: EventContext }[],
};

@Controller()
class Billing {
  @Consumes(OrderPlaced, { processor: 'billing', publishes: [OrderConfirmed], attempts: 1, pause: false })
  async bill(@Payload() event: OrderPlaced, @Ctx() context: EventContext): Promise<OrderConfirmed> {
    if (billing.isBroken && event.note === 'declined') throw new CardDeclined('no funds');
    if (billing.isBroken && event.note === 'odd') throw new RangeError('odd');
    billing.handled.push({ processor: 'billing', orderId: event.orderId, context });
    await billing.gate;
    return new OrderConfirmed({ orderId: event.orderId });
  }

  @Consumes(OrderPlaced, { processor: 'packing' })
  pack(@Payload() event: OrderPlaced, @Ctx() context: EventContext): void {
    billing.handled.push({ processor: 'packing', orderId: event.orderId, context });
  }
}

const user = (name: string, denied: string[]) => ({
  user: name,
  password: 'x',
  permissions: { publish: { deny: denied } },
});
/** Users of the broker. Two of the users lack a right, so that their replays fail at a certain step, as in a crash. */
const users = [
  user('admin', []),
  user('cannot-hand', ['replay.>']),
  user('cannot-mark', ['failure-state.>']),
];

/** Settings of the broker. */
export const SETTINGS = { authorization: { users }, no_auth_user: 'admin' };

/** Provides the specs of a `describe` with a running {@link Replaying}. Billing is broken before each spec. */
export function useReplaying(): Replaying {
  const system = new Replaying();
  beforeAll(() => system.start());
  beforeEach(() => system.breakBilling());
  afterAll(() => system.stop());
  return system;
}

/**
 * System of a processor that fails until {@link repair}, another processor of the same events, and an operator who replays
 * failures.
 */
export class Replaying {
  readonly billing = billing;
  readonly transport = new Transport();
  replays!: Replays;
  archive!: FailureReader;

  async start(): Promise<void> {
    await this.transport.start(SETTINGS);
    const application = await this.transport.run({ controllers: [Billing] });
    this.replays = application.get(Replays, { strict: false });
    this.archive = application.get(FailureReader, { strict: false });
  }

  async stop(): Promise<void> {
    await this.transport.stop();
  }

  breakBilling(): void {
    billing.isBroken = true;
    billing.gate = Promise.resolve();
    billing.handled.length = 0;
  }

  repair(): void {
    billing.isBroken = false;
  }

  async replaysAs(user: 'cannot-hand' | 'cannot-mark'): Promise<Replays> {
    const servers = `nats://${user}:x@127.0.0.1:${this.transport.broker.port}`;
    const application = await this.transport.run({}, { source: user, servers });
    return application.get(Replays, { strict: false });
  }

  async list(selection: ReplaySelection = {}): Promise<StoredFailure[]> {
    const failures: StoredFailure[] = [];
    for await (const failure of this.archive.list(selection)) failures.push(failure);
    return failures;
  }

  async find(id: string): Promise<StoredFailure> {
    return (await this.list({ failureIds: [id] }))[0]!;
  }

  /** Waits until a failure has this state, and returns the failure. */
  async until(id: string, state: string): Promise<StoredFailure> {
    return eventually(async () => {
      const found = await this.find(id);
      expect(found.state?.state).toBe(state);
      return found;
    });
  }

  /** Places orders on which billing fails, and returns the failures. */
  async fail(orderIds: string[], note = 'declined'): Promise<StoredFailure[]> {
    for (const orderId of orderIds) {
      this.transport.publish(
        'events.order.placed',
        { orderId, amount: 1, note },
        { 'ce-id': orderId, 'ce-correlationid': `flow-${orderId}` },
      );
    }
    const failed = await eventually(async () => {
      const found = (await this.list()).filter(({ failure }) => orderIds.includes(failure.original.eventId));
      if (found.length < orderIds.length) throw new Error(`${found.length} of ${orderIds.length} failed`);
      return found;
    });
    // Waits until `packing` has handled the same orders too. From here on, `packing` must not get these orders again.
    await eventually(() =>
      expect(
        billing.handled.filter(
          ({ processor, orderId }) => processor === 'packing' && orderIds.includes(orderId),
        ),
      ).toHaveLength(orderIds.length),
    );
    billing.handled.length = 0;
    return failed;
  }

  /** Returns the ids of the orders that billing has handled, in the order of handling. */
  get billed(): string[] {
    return billing.handled.filter(({ processor }) => processor === 'billing').map(({ orderId }) => orderId);
  }
}
