import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { claimPort } from '../../test/crash/system/ports.js';
import { PostgresServer } from '../../test/crash/system/postgres-server.js';
import { Arena } from '../rig/arena.js';
import { Contestant, isSaid } from '../rig/contestant.js';
import type { Case, Round } from '../round.js';

const WARM_UP = 300;

/** Measures the number of outbox rows that are published per second, from the commit until the last event is stored. */
export const outbox: Case = {
  name: 'outbox',
  async run(round) {
    for (const measure of round.inTurn([measurePglite, measurePostgres])) await measure(round);
  },
};

async function measurePglite(round: Round): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cascade-bench-pglite-'));
  round.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  await measure(round, 'pglite', { dataDir });
}

async function measurePostgres(round: Round): Promise<void> {
  const server = await PostgresServer.create(await claimPort());
  round.defer(() => server.remove());
  await server.createDatabase('bench');
  await measure(round, 'postgres', { databaseUrl: server.urlOf('bench'), dataDir: '' });
}

async function measure(round: Round, store: string, settings: object): Promise<void> {
  const arena = await Arena.open();
  const contestant = new Contestant({
    script: 'contestants/outbox.ts',
    natsUrl: arena.broker.url,
    settings,
    // Passes `HOME`, because PGlite's template is in the user's cache folder.
    env: { HOME: process.env['HOME'] },
  });
  const publish = async (count: number): Promise<number> => {
    const before = await arena.stored();
    contestant.send({ commit: count });
    await contestant.message(isSaid('committed'));
    const committed = performance.now();
    return count / (((await arena.untilStored(before + count)) - committed) / 1_000);
  };
  try {
    await contestant.message(isSaid('ready'));
    await publish(WARM_UP);
    const rate = await publish(round.scale(10_000, 1_000));
    round.log(`outbox: ${store} ${Math.round(rate)} rows/s`);
    round.figures.add(`outbox/${store}/rate`, 'rows/s', rate);
  } finally {
    await contestant.stop();
    await arena.close();
  }
}
