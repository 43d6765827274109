import { Consumes, ConsumesFailure, type EventClass } from '@cascade/jetstream';
import { Controller, type Type } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeSystem, removeCheckouts, type AppContent } from '../../test/checkout.js';
import { Complaints, GOLDEN, OrderPlaced, OrderShipped, Shipping } from '../../test/shop.js';
import { readTopology } from '../read-topology.js';
import { checkTopology } from './check-topology.js';
import { readLock, updateLock } from './contracts-lock.js';

afterAll(removeCheckouts);

const SOUND: Record<string, AppContent> = {
  shop: { publishes: [OrderPlaced] },
  depot: { controllers: [Shipping, Complaints] },
};
const CONTRACTS: EventClass[] = [OrderPlaced, OrderShipped];

/** Returns the report on a system whose lock matches its contracts. */
async function reportOf(apps: Record<string, AppContent>, contracts = CONTRACTS, golden: object = GOLDEN) {
  const code = await makeSystem(apps, contracts, golden as Record<string, unknown>);
  const topology = await readTopology(code);
  await updateLock(code.root, topology);
  return checkTopology(topology, await readLock(code.root));
}

/** Creates a controller with one processor. */
function processorOf(decorate: MethodDecorator, name = 'Handler'): Type {
  const type = { [name]: class {} }[name] as Type;
  const prototype = type.prototype as object;
  Object.defineProperty(prototype, 'handle', { value() {}, configurable: true });
  decorate(prototype, 'handle', Object.getOwnPropertyDescriptor(prototype, 'handle')!);
  Controller()(type);
  return type;
}

describe('a topology', () => {
  it('that is sound has no faults', async () => {
    expect(await reportOf(SOUND)).toEqual({ faults: [], cycles: [] });
  });

  it.each<[string, Record<string, AppContent>, RegExp]>([
    [
      'unpublished-channel',
      { depot: { controllers: [Shipping] } },
      /shipping consumes events\.order\.placed, but no service or processor declares that it publishes order\.placed\./,
    ],
    [
      'unknown-failures',
      { shop: { publishes: [OrderPlaced] }, desk: { controllers: [Complaints] } },
      /complaints consumes the failures of shipping on order\.placed, but there is no processor 'shipping'/,
    ],
    [
      'unknown-failures',
      {
        ...SOUND,
        desk: {
          controllers: [
            processorOf(
              ConsumesFailure(OrderShipped, { of: 'shipping', processor: 'late' }) as MethodDecorator,
            ),
          ],
        },
      },
      /but shipping consumes order\.placed, so it never fails on order\.shipped/,
    ],
    [
      'duplicate-processor',
      {
        ...SOUND,
        desk: {
          controllers: [
            processorOf(Consumes(OrderShipped, { processor: 'shipping' }) as MethodDecorator, 'Desk'),
          ],
        },
      },
      /Shipping\.ship in depot and Desk\.handle in desk both have or had the name 'shipping'/,
    ],
    [
      'duplicate-processor',
      {
        ...SOUND,
        desk: {
          controllers: [
            processorOf(
              Consumes(OrderShipped, { processor: 'desk', formerly: ['shipping'] }) as MethodDecorator,
              'Desk',
            ),
          ],
        },
      },
      /Desk\.handle in desk and Shipping\.ship in depot both have or had the name 'shipping'/,
    ],
    ['duplicate-source', { ...SOUND, desk: { source: 'shop' } }, /desk and shop have the same source 'shop'/],
    [
      'missing-transport',
      { shop: { publishes: [OrderPlaced] }, depot: { controllers: [Shipping], source: null } },
      /depot declares shipping, but its module does not import JetStreamModule\.forRoot\(\)/,
    ],
  ])('has the fault %s', async (rule, apps, message) => {
    const { faults } = await reportOf(apps);
    expect(faults.map((fault) => fault.rule)).toEqual([rule]);
    expect(faults[0]!.message).toMatch(message);
  });

  it('has a fault for an event without a contract', async () => {
    const { faults } = await reportOf(SOUND, [OrderPlaced], {
      'order.placed.v1.json': { orderId: 'o', amount: 1 },
    });
    expect(faults).toEqual([
      {
        rule: 'undeclared-event',
        message:
          'shipping publishes order.shipped.v1, which is not a contract: export its class from libs/contracts/src/index.ts.',
      },
    ]);
  });

  it('reports each cycle once, but not as a fault', async () => {
    const back = Consumes(OrderShipped, { processor: 'restock', publishes: [OrderPlaced] });
    const report = await reportOf({
      depot: { controllers: [Shipping, processorOf(back as MethodDecorator)] },
    });
    expect(report).toEqual({
      faults: [],
      cycles: [['events.order.placed', 'shipping', 'events.order.shipped', 'restock', 'events.order.placed']],
    });
  });
});

class OrderPlacedV2 {
  static readonly event = { name: 'order.placed', version: 2, replaces: OrderPlaced };

  static upcast({ orderId, amount }: OrderPlaced): OrderPlacedV2 {
    return Object.assign(new OrderPlacedV2(), { orderId, items: amount });
  }

  @IsString()
  readonly orderId!: string;

  @IsInt()
  readonly items!: number;
}

describe('the versions of an event', () => {
  it('are sound if the newest version is consumed and each version has samples', async () => {
    const consumer = Consumes(OrderPlacedV2, { processor: 'shipping' });
    const apps = {
      shop: { publishes: [OrderPlacedV2] },
      depot: { controllers: [processorOf(consumer as MethodDecorator)] },
    };
    const golden = { ...GOLDEN, 'order.placed.v2.json': { orderId: 'o', items: 1 } };
    const { faults } = await reportOf(apps, [OrderPlacedV2, OrderShipped], golden);
    expect(faults).toEqual([]);
  });

  it.each<[string, EventClass[], Record<string, unknown>, RegExp]>([
    [
      'missing-sample',
      [OrderPlacedV2, OrderShipped],
      GOLDEN,
      /order\.placed\.v2 has no golden sample\. .*order\.placed\.v2\.json/,
    ],
    [
      'unreadable-sample',
      [OrderPlaced, OrderShipped],
      { ...GOLDEN, 'order.placed.v1.json': { orderId: 'o', amount: 'many' } },
      /order\.placed\.v1\.json can no longer be read.*amount must be an integer/,
    ],
    [
      'stray-sample',
      [OrderPlaced, OrderShipped],
      { ...GOLDEN, 'order.placed.v7.json': {} },
      /order\.placed\.v7\.json has a version that the code does not know/,
    ],
    [
      'missing-upcaster',
      [
        OrderPlaced,
        OrderShipped,
        class OrderPlacedNew extends OrderPlaced {
          static override readonly event = { name: 'order.placed', version: 2 };
        },
      ],
      { ...GOLDEN, 'order.placed.v2.json': { orderId: 'o', amount: 1 } },
      /order\.placed has v1 and v2, .* give OrderPlacedNew `replaces: OrderPlaced`/,
    ],
    [
      'duplicate-contract',
      [
        OrderPlaced,
        OrderShipped,
        class OrderPlacedToo extends OrderPlaced {
          static override readonly event = { name: 'order.placed', version: 1 };
        },
      ],
      GOLDEN,
      /OrderPlaced and OrderPlacedToo are both order\.placed\.v1/,
    ],
  ])('have the fault %s', async (rule, contracts, golden, message) => {
    const code = await makeSystem({ shop: {} }, contracts, golden);
    const { faults } = checkTopology(await readTopology(code), { contracts: {}, processors: {} });
    const [fault, ...others] = faults.filter((candidate) => candidate.rule !== 'outdated-lock');
    expect(others).toEqual([]);
    expect(fault!.rule).toBe(rule);
    expect(fault!.message).toMatch(message);
  });

  it('have a fault if a processor reads an older version than is published', async () => {
    const apps = { shop: { publishes: [OrderPlacedV2] }, depot: { controllers: [Shipping] } };
    const golden = { ...GOLDEN, 'order.placed.v2.json': { orderId: 'o', items: 1 } };
    const { faults } = await reportOf(apps, [OrderPlacedV2, OrderShipped], golden);
    expect(faults).toMatchObject([
      {
        rule: 'newer-version-published',
        message: expect.stringMatching(/^shipping reads order\.placed\.v1, but order\.placed\.v2/),
      },
    ]);
  });
});
