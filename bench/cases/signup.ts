import { findMigrations, openStore } from '@cascade/store';
import { claimPort } from '../../test/crash/system/ports.js';
import { PostgresServer } from '../../test/crash/system/postgres-server.js';
import { ServiceProcess } from '../../test/crash/system/service-process.js';
import { ownEnvironment } from '../../test/system.js';
import { Arena } from '../rig/arena.js';
import { postSignups } from '../rig/post-signups.js';
import type { Case } from '../round.js';

const CONNECTIONS = 32;
const SERVERS = [
  { name: 'ours', script: 'apps/signup/src/main.ts' },
  { name: 'bare', script: 'bench/contestants/bare-signup.ts' },
];

/**
 * Compares `POST /signups` of the signup service with a bare server that writes only the user and the outbox row. The relay of
 * the service publishes at the same time.
 */
export const signup: Case = {
  name: 'signup',
  async run(round) {
    const arena = await Arena.open();
    round.defer(() => arena.close());
    const postgres = await PostgresServer.create(await claimPort());
    round.defer(() => postgres.remove());
    const rates = new Map<string, number>();
    for (const { name, script } of round.inTurn(SERVERS)) {
      const databaseUrl = await newDatabase(postgres, name);
      const server = new ServiceProcess({
        name,
        script,
        port: await claimPort(),
        env: {
          ...ownEnvironment(),
          NATS_URL: arena.broker.url,
          DATABASE_URL: databaseUrl,
          LOG_LEVEL: 'warn',
          SIGNUPS_PER_MINUTE: '0',
        },
      });
      await server.start();
      const load = { connections: CONNECTIONS };
      await postSignups(server.url, { ...load, ...round.scale({ duration: 3 }, { amount: 1_000 }) });
      const { rate, p50, p99 } = await postSignups(server.url, { ...load, duration: round.scale(6, 1) });
      await server.kill();
      round.log(`signup: ${name} ${Math.round(rate)} requests/s, p50 ${p50} ms, p99 ${p99} ms`);
      rates.set(name, rate);
      round.figures.add(`signup/${name}/rate`, 'requests/s', rate);
      round.figures.add(`signup/${name}/p50`, 'ms', p50);
      round.figures.add(`signup/${name}/p99`, 'ms', p99);
    }
    round.figures.addRatio('signup/bare', rates.get('ours'), rates.get('bare'));
  },
};

/** Creates a database with the tables of the signup service. */
async function newDatabase(postgres: PostgresServer, name: string): Promise<string> {
  await postgres.createDatabase(name);
  const databaseUrl = postgres.urlOf(name);
  const migrations = findMigrations('signup', import.meta.url);
  const store = await openStore({ schema: {}, migrations, databaseUrl, dataDir: '' });
  await store.close();
  return databaseUrl;
}
