import { Consumes, JetStreamModule, ProcessorPaused } from '@cascade/jetstream';
import { Controller, forwardRef, Module, type DynamicModule } from '@nestjs/common';
import { afterAll, describe, expect, it } from '@jest/globals';
import { makeCheckout, makeSystem, removeCheckouts } from '../test/checkout.js';
import { Complaints, GOLDEN, OrderPlaced, OrderShipped, Shipping } from '../test/shop.js';
import { TopologyError } from './errors.js';
import { readTopology } from './read-topology.js';

afterAll(removeCheckouts);

const CONTRACTS = { 'libs/contracts/src/index.ts': { OrderPlaced, OrderShipped, unrelated: 7 } };
const transport = { source: 'shop', servers: 'nats://127.0.0.1:1', publishes: [OrderPlaced] };

describe('the topology of a system', () => {
  it('has the apps, processors and channels that the code declares', async () => {
    const system = await makeSystem(
      { shop: { publishes: [OrderPlaced] }, depot: { controllers: [Shipping, Complaints] } },
      [OrderPlaced, OrderShipped],
      GOLDEN,
    );

    const topology = await readTopology(system);

    expect(topology).toMatchObject({ format: 1, name: 'shop', version: '1.2.3', straySamples: [] });
    expect(topology.apps).toMatchObject([
      {
        name: 'depot',
        folder: 'apps/depot',
        source: 'depot',
        publishes: [],
        processors: ['complaints', 'shipping'],
      },
      { name: 'shop', source: 'shop', publishes: [{ event: 'order.placed', version: 1 }], processors: [] },
    ]);
    const [complaints, shipping] = topology.processors;
    expect(complaints!.consumes).toEqual({
      event: 'order.placed',
      version: 1,
      channel: 'failed.shipping.order.placed',
      stream: 'FAILURES',
      failuresOf: 'shipping',
    });
    expect(shipping).toMatchObject({
      app: 'depot',
      handler: 'Shipping.ship',
      consumes: { event: 'order.placed', channel: 'events.order.placed', stream: 'EVENTS' },
      publishes: [{ event: 'order.shipped', version: 1 }],
      concurrency: 8,
      attempts: 3,
      delays: [500, 90_000],
      retryOn: ['TypeError'],
      unrecoverable: ['AddressUnknownError'],
      failureChannel: 'failed.shipping.order.placed',
    });
    expect(shipping).not.toHaveProperty('pause');
    expect(
      topology.channels.map(({ subject, publishedBy, consumedBy }) => [subject, publishedBy, consumedBy]),
    ).toEqual([
      ['events.order.placed', [{ app: 'shop' }], ['shipping']],
      ['events.order.shipped', [{ processor: 'shipping' }], []],
      ['failed.complaints.event.failed', [{ processor: 'complaints' }], []],
      ['failed.shipping.order.placed', [{ processor: 'shipping' }], ['complaints']],
    ]);
  });

  it('follows every kind of import in Nest, and creates no provider', async () => {
    @Module({ controllers: [Complaints] })
    class ComplaintsModule {}

    class ShippingModule {
      static forRoot(): DynamicModule {
        const failing = {
          provide: 'database',
          useFactory: () => {
            throw new Error('nothing may be opened');
          },
        };
        return { module: ShippingModule, controllers: [Shipping], providers: [failing] };
      }
    }

    @Module({
      imports: [
        JetStreamModule.forRoot(transport),
        Promise.resolve(ShippingModule.forRoot()),
        forwardRef(() => ComplaintsModule),
        ComplaintsModule,
      ],
    })
    class ShopModule {}

    const { processors, apps } = await readTopology(
      await makeCheckout({ modules: { ...CONTRACTS, 'apps/shop/src/shop.module.ts': { ShopModule } } }),
    );

    expect(apps.map(({ source }) => source)).toEqual(['shop']);
    expect(processors.map(({ name }) => name)).toEqual(['complaints', 'shipping']);
  });

  it('uses the defaults of a configuration class, even if it has variables that must be set', async () => {
    class OldShopConfig {
      port = 3000;
      mustBeSet!: string;
    }
    const given: object[] = [];
    class OldShopModule {
      static forRoot(config: OldShopConfig): DynamicModule {
        given.push(config);
        return { module: OldShopModule };
      }
    }

    const { apps } = await readTopology(
      await makeCheckout({
        modules: {
          ...CONTRACTS,
          'apps/old-shop/src/old-shop.module.ts': { OldShopModule },
          'apps/old-shop/src/old-shop-config.ts': { OldShopConfig },
        },
      }),
    );

    expect(given).toEqual([{ port: 3000 }]);
    expect(apps).toEqual([
      {
        name: 'old-shop',
        folder: 'apps/old-shop',
        publishes: [],
        processors: [],
        permissions: { publish: [], subscribe: [] },
      },
    ]);
  });

  it('includes handlers that a controller inherits', async () => {
    @Controller()
    class ShippingByAir extends Shipping {}
    const system = await makeSystem({ depot: { controllers: [ShippingByAir] } }, [OrderPlaced, OrderShipped]);
    const { processors } = await readTopology(system);
    expect(processors.map(({ handler }) => handler)).toEqual(['ShippingByAir.ship']);
  });

  it('includes a channel of the transport if a processor consumes it', async () => {
    @Controller()
    class Pager {
      @Consumes(ProcessorPaused, { processor: 'pager' })
      page(): void {}
    }
    const { channels } = await readTopology(await makeSystem({ pager: { controllers: [Pager] } }, []));
    expect(channels.find(({ subject }) => subject === 'events.processor.paused')).toMatchObject({
      publishedBy: [{ transport: true }],
      consumedBy: ['pager'],
    });
  });
});

describe('a topology that cannot be read has an error with a remedy:', () => {
  class ShopModule {
    static forRoot(): DynamicModule {
      throw new TypeError('Invalid URL');
    }
  }
  const twice = {
    forRoot: () => ({
      module: ShopModule,
      imports: [
        JetStreamModule.forRoot(transport),
        JetStreamModule.forRoot({ ...transport, source: 'other' }),
      ],
    }),
  };

  it.each<[string, Record<string, object>, RegExp]>([
    [
      'an app without its module',
      {},
      /App 'shop' of nest-cli\.json has no apps\/shop\/src\/shop\.module\.ts/,
    ],
    [
      'a module of another name',
      { 'apps/shop/src/shop.module.ts': { AppModule: ShopModule } },
      /shop\.module\.ts must export class ShopModule; found AppModule\./,
    ],
    [
      'a module that needs its environment',
      { 'apps/shop/src/shop.module.ts': { ShopModule } },
      /ShopModule\.forRoot\(\) .* fails with the defaults of its configuration: Invalid URL\n.*useFactory/,
    ],
    [
      'an app with two transports',
      { 'apps/shop/src/shop.module.ts': { ShopModule: Object.assign(() => {}, twice) } },
      /App 'shop' imports JetStreamModule\.forRoot\(\) more than once \('(shop|other)' and '(shop|other)'\)/,
    ],
  ])('%s', async (_, modules, message) => {
    const projects = { shop: { type: 'application' }, contracts: { type: 'library' } };
    const code = await makeCheckout({ modules: { ...CONTRACTS, ...modules }, projects });
    const reading = readTopology(code);
    await expect(reading).rejects.toThrow(TopologyError);
    await expect(reading).rejects.toThrow(message);
  });

  it('a folder without nest-cli.json', async () => {
    await expect(readTopology({ root: '/nowhere', load: () => Promise.resolve({}) })).rejects.toThrow(
      /Cannot read .*nest-cli\.json, which lists the apps/,
    );
  });
});
