import {
  Consumes,
  EventContext,
  FailureReader,
  Replays,
  UnrecoverableError,
  type ReplaySelection,
  type StoredFailure,
} from '@cascade/jetstream';
import { eventually, startTestBroker } from '@cascade/testing';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { expect } from '@jest/globals';
import { OrderConfirmed, OrderPlaced } from './events.js';
import { Transport } from './transport.js';

export class CardDeclined extends UnrecoverableError {}

export const WHO = { by: 'ann', reason: 'the bank is back' };

/** What the two processors do, and what they had. */
const billing = {
  isBroken: true,
  /** Orders that are billed wait for it. */
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
/** Two of these are interrupted, as by a crash, at a certain step of a replay. */
const users = [
  user('admin', []),
  user('cannot-hand', ['replay.>']),
  user('cannot-mark', ['failure-state.>']),
];

/** The broker's. */
export const SETTINGS = { authorization: { users }, no_auth_user: 'admin' };

/** A processor whose events fail until it is mended, its sibling, and somebody who replays them. */
export class Replaying {
  readonly billing = billing;

  private constructor(
    readonly transport: Transport,
    readonly replays: Replays,
    readonly archive: FailureReader,
  ) {}

  static async start(): Promise<Replaying> {
    const transport = await Transport.startOn(await startTestBroker({ settings: SETTINGS }));
    const application = await transport.run({ controllers: [Billing] });
    return new Replaying(
      transport,
      application.get(Replays, { strict: false }),
      application.get(FailureReader, { strict: false }),
    );
  }

  async stop(): Promise<void> {
    await this.transport.stop();
  }

  breakBilling(): void {
    billing.isBroken = true;
    billing.gate = Promise.resolve();
    billing.handled.length = 0;
  }

  mend(): void {
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

  /** Waits until a failure is in this state. */
  async until(id: string, state: string): Promise<StoredFailure> {
    return eventually(async () => {
      const found = await this.find(id);
      expect(found.state?.state).toBe(state);
      return found;
    });
  }

  /** Places orders that billing fails on. */
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
    // The sibling has had them as well; from here on it must see none of them again.
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

  /** What billing had, in order. */
  get billed(): string[] {
    return billing.handled.filter(({ processor }) => processor === 'billing').map(({ orderId }) => orderId);
  }
}
