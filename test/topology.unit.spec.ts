import {
  checkTopology,
  formatAsyncApi,
  processorsPageFaults,
  readLock,
  readProcessorsPage,
  readTopology,
  type Topology,
} from '@cascade/topology';
import { Parser } from '@asyncapi/parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { checkoutRoot } from '../tools/checkout.js';

/** Least severe level of the parser's diagnostics that makes a document invalid. */
const WARNING = 1;

describe("this system's topology", () => {
  const root = checkoutRoot();
  let topology: Topology;

  beforeAll(async () => {
    const load = (source: string) => import(join(root, source)) as Promise<object>;
    topology = await readTopology({ root, load });
  });

  it('has no fault, and its contracts are those of the lock', async () => {
    const { faults } = checkTopology(topology, await readLock(root));
    expect(faults.map(({ message }) => message).join('\n\n')).toBe('');
  });

  it('matches docs/processors.md', async () => {
    expect(processorsPageFaults(await readProcessorsPage(root), topology)).toEqual([]);
  });

  it('is a valid AsyncAPI document', async () => {
    const { document, diagnostics } = await new Parser().parse(formatAsyncApi(topology));
    expect(diagnostics.filter(({ severity }) => Number(severity) <= WARNING)).toEqual([]);
    expect(document?.version()).toBe('3.0.0');
    expect(document?.channels().all().length).toBe(topology.channels.length);
    for (const message of document!.messages().all()) {
      expect(message.hasCorrelationId()).toBe(true);
      expect(Object.keys(message.headers()!.properties()!)).toEqual(
        expect.arrayContaining(['ce-id', 'ce-type', 'ce-correlationid']),
      );
    }
  });

  it('has contracts in JSON Schema, draft 2020-12, that accept their golden samples', () => {
    const ajv = new Ajv2020({ strict: true, validateFormats: false, keywords: ['x-rules'] });
    for (const { schema, samples } of topology.contracts) {
      const validate = ajv.compile(schema);
      for (const { file, data } of samples)
        expect([file, validate(data), validate.errors]).toEqual([file, true, null]);
    }
  });
});
