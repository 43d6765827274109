import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Parser } from '@asyncapi/parser';
import { makeSystem, removeCheckouts } from '../../test/checkout.js';
import { Complaints, GOLDEN, OrderPlaced, OrderShipped, Shipping } from '../../test/shop.js';
import { readTopology } from '../read-topology.js';
import type { Topology } from '../topology.js';
import { formatAsyncApi } from './asyncapi.js';
import { formatJson } from './json.js';
import { formatMermaid } from './mermaid.js';
import { formatTable } from './table.js';

let topology: Topology;
beforeAll(async () => {
  const apps = { shop: { publishes: [OrderPlaced] }, depot: { controllers: [Shipping, Complaints] } };
  topology = await readTopology(await makeSystem(apps, [OrderPlaced, OrderShipped], GOLDEN));
});
afterAll(removeCheckouts);

describe('the topology is printed', () => {
  it('as a table', () => {
    expect(formatTable(topology).split('\n')).toEqual([
      'app    processor   consumes                              publishes      at once  attempts  next attempt after',
      'depot  complaints  failures of shipping on order.placed                 64       5         1 s, 7 s, 49 s, 5 min',
      'depot  shipping    order.placed                          order.shipped  8        3         500 ms, 1.5 min',
      'shop                                                     order.placed',
      '',
    ]);
  });

  it('as a Mermaid flowchart', () => {
    expect(formatMermaid(topology).split('\n')).toEqual([
      'flowchart LR',
      '  subgraph app_depot["depot"]',
      '    processor_complaints["complaints"]',
      '    processor_shipping["shipping"]',
      '  end',
      '  subgraph app_shop["shop"]',
      '    source_shop(["shop"])',
      '  end',
      '  channel_events__order__placed[("events.order.placed")]',
      '  channel_events__order__shipped[("events.order.shipped")]',
      '  channel_failed__shipping__order__placed{{"failed.shipping.order.placed"}}',
      '  source_shop --> channel_events__order__placed',
      '  channel_events__order__placed --> processor_shipping',
      '  processor_shipping --> channel_events__order__shipped',
      '  processor_shipping -.-> channel_failed__shipping__order__placed',
      '  channel_failed__shipping__order__placed -.-> processor_complaints',
      '',
    ]);
  });

  it('as complete JSON', () => {
    expect(JSON.parse(formatJson(topology))).toEqual(topology);
  });
});

describe('the AsyncAPI document', () => {
  it('has an operation for every event that an app or a processor sends or receives', async () => {
    const { document } = await new Parser().parse(formatAsyncApi(topology));
    const operations = document!.operations().all();
    const described = operations.map((operation) => [
      operation.id(),
      operation.channels().all()[0]!.address(),
      operation
        .messages()
        .all()
        .map((message) => message.name()),
    ]);
    expect(described).toEqual([
      ['app.shop.sends.order.placed.v1', 'events.order.placed', ['order.placed.v1']],
      ['shipping.sends.order.shipped.v1', 'events.order.shipped', ['order.shipped.v1']],
      ['complaints.fails', 'failed.complaints.event.failed', ['event.failed.v1']],
      ['shipping.fails', 'failed.shipping.order.placed', ['event.failed.v1']],
      ['complaints.receives', 'failed.shipping.order.placed', ['event.failed.v1']],
      ['shipping.receives', 'events.order.placed', ['order.placed.v1']],
    ]);
  });

  it('has golden samples as examples, and a server without its credentials', async () => {
    const server = 'tls://user:password@nats.example.com:4222,tls://other.example.com:4222';
    const { document } = await new Parser().parse(formatAsyncApi(topology, { server }));
    const [placed] = document!.messages().filterBy((message) => message.id() === 'order.placed.v1');
    expect(
      placed!
        .examples()
        .all()
        .map((example) => example.payload()),
    ).toEqual([{ orderId: 'o-1', amount: 3 }]);
    const [nats] = document!.servers().all();
    expect([nats!.host(), nats!.protocol()]).toEqual(['nats.example.com:4222', 'nats']);
    expect(formatAsyncApi(topology, { server })).not.toContain('password');
  });
});
