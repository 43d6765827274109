import { IsInt, IsOptional, IsString, Length } from 'class-validator';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { EventClass } from '@cascade/jetstream';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSystem, removeCheckouts } from '../../test/checkout.js';
import { GOLDEN, OrderPlaced, OrderShipped } from '../../test/shop.js';
import { TopologyError } from '../errors.js';
import { readTopology } from '../read-topology.js';
import type { Topology } from '../topology.js';
import { checkTopology } from './check-topology.js';
import { readLock, updateLock } from './contracts-lock.js';

afterAll(removeCheckouts);

const event = { name: 'order.placed', version: 1 };

/** OrderPlaced with an additional field. */
class WiderOrderPlaced {
  static readonly event = event;

  @IsString()
  @Length(1, 20)
  readonly orderId!: string;

  @IsInt()
  readonly amount!: number;

  @IsOptional()
  @IsString()
  readonly note?: string;
}

/** OrderPlaced with a shorter id, and without an amount. */
class NarrowerOrderPlaced {
  static readonly event = event;

  @IsString()
  @Length(1, 10)
  readonly orderId!: string;
}

const read = async (contracts: EventClass[]): Promise<[string, Topology]> => {
  const code = await makeSystem({ shop: {} }, contracts, GOLDEN);
  return [code.root, await readTopology(code)];
};

const faultsOf = async (root: string, topology: Topology) => {
  const { faults } = checkTopology(topology, await readLock(root));
  return faults.filter(({ rule }) => rule === 'outdated-lock' || rule === 'incompatible-contract');
};

describe('the lock of the contracts', () => {
  it('is outdated if it does not exist, and matches after an update', async () => {
    const [root, topology] = await read([OrderPlaced, OrderShipped]);
    const [fault] = await faultsOf(root, topology);
    expect(fault).toMatchObject({ rule: 'outdated-lock' });
    expect(fault!.message).toBe(
      'contracts.lock.json is not up to date:\n  order.placed.v1 is new\n  order.shipped.v1 is new\n' +
        '  If this is intended, run: node cascade topology --update-lock',
    );

    expect(await updateLock(root, topology)).toMatchObject({
      added: ['order.placed.v1', 'order.shipped.v1'],
    });

    expect(await faultsOf(root, topology)).toEqual([]);
    expect(Object.keys((await readLock(root)).contracts)).toEqual(['order.placed.v1', 'order.shipped.v1']);
  });

  it('needs only an update if a contract became wider, is new or was removed', async () => {
    const [root, before] = await read([OrderPlaced, OrderShipped]);
    await updateLock(root, before);
    const [, after] = await read([WiderOrderPlaced]);

    const faults = await faultsOf(root, after);

    expect(faults).toMatchObject([{ rule: 'outdated-lock' }]);
    expect(faults[0]!.message).toContain('order.placed.v1: note is new');
    expect(faults[0]!.message).toContain('order.shipped.v1 was removed');
    await updateLock(root, after);
    expect(await faultsOf(root, after)).toEqual([]);
  });

  it('does not depend on the name of the class', async () => {
    const [root, before] = await read([OrderPlaced]);
    await updateLock(root, before);
    const locked = await readFile(join(root, 'contracts.lock.json'), 'utf8');
    const [, after] = await read([class OrderPlacedV1 extends OrderPlaced {}]);
    expect(await faultsOf(root, after)).toEqual([]);
    await updateLock(root, after);
    expect(await readFile(join(root, 'contracts.lock.json'), 'utf8')).toBe(locked);
  });

  it('is not updated if a contract became narrower', async () => {
    const [root, before] = await read([OrderPlaced]);
    await updateLock(root, before);
    const locked = await readFile(join(root, 'contracts.lock.json'), 'utf8');
    const [, after] = await read([NarrowerOrderPlaced]);

    const [fault, ...others] = await faultsOf(root, after);

    expect(others).toEqual([]);
    expect(fault!.rule).toBe('incompatible-contract');
    expect(fault!.message).toBe(
      'order.placed.v1 has changed so that stored events, or services that are not deployed yet, no longer fit:\n' +
        '  orderId has maxLength 10, was 20\n' +
        '  amount was removed\n' +
        '  Undo the change, or keep this version and add a new version (docs/versions.md). If this version was never published, ' +
        'remove its entry from contracts.lock.json and run: node cascade topology --update-lock',
    );
    await expect(updateLock(root, after)).rejects.toThrow(TopologyError);
    expect(await readFile(join(root, 'contracts.lock.json'), 'utf8')).toBe(locked);
  });

  it('has an error with a remedy if a merge broke it', async () => {
    const [root] = await read([OrderPlaced]);
    await writeFile(join(root, 'contracts.lock.json'), '<<<<<<< HEAD');
    await expect(readLock(root)).rejects.toThrow(/contracts\.lock\.json cannot be read.*\n.*main branch/);
  });

  it('reports a removed processor with remedies, and needs only an update for a renamed processor', async () => {
    const [root, before] = await read([OrderPlaced]);
    const processor = (name: string, channel: string, formerly: string[] = []) =>
      ({ name, formerly, publishes: [], consumes: { channel } }) as unknown as Topology['processors'][number];
    const withProcessors = (...processors: Topology['processors']): Topology => ({ ...before, processors });
    const clerk = processor('clerk', 'events.order.placed');
    await updateLock(root, withProcessors(clerk));
    const messages = async (...processors: Topology['processors']) =>
      (await faultsOf(root, withProcessors(...processors))).map(({ message }) => message);

    expect(await messages(clerk)).toEqual([]);
    expect(await messages(processor('agent', 'events.order.placed', ['clerk']))).toEqual([
      expect.stringMatching(
        /processor agent is new\n {2}processor agent was called clerk\n {2}If this is intended/,
      ),
    ]);
    const [removed] = await messages(processor('agent', 'events.order.placed'));
    expect(removed).toMatch(
      /processor clerk was removed\. If it was renamed, declare `formerly: \['clerk'\]` at the new one/,
    );
    expect(removed).toMatch(/`node cascade provision --prune clerk`/);
    expect(await messages(processor('clerk', 'events.order.shipped'))).toEqual([
      expect.stringMatching(
        /clerk now consumes events\.order\.shipped in place of events\.order\.placed\. .* --move clerk/,
      ),
    ]);
  });
});
