import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describePostgres, eventually } from '@cascade/testing';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { metadataOf, signUp, uniqueEmail, userOf } from './signups.js';
import { TestSystem } from './system.js';

const name = `cascade_${randomBytes(6).toString('hex')}`;
const databases = [`${name}_signup`, `${name}_notifier`, `${name}_metadata_writer`];

describePostgres(() => {
  let server: pg.Client;
  let system: TestSystem;

  beforeAll(async () => {
    server = new pg.Client({ connectionString: process.env['TEST_DATABASE_URL'] });
    await server.connect();
    const url = new URL(process.env['TEST_DATABASE_URL']!);
    url.pathname = `/${name}`;
    system = await TestSystem.start({ env: { DATABASE_URL: url.href } });
  }, 60_000);

  afterAll(async () => {
    await system?.stop();
    for (const database of databases) await server.query(`drop database if exists ${database} with (force)`);
    await server.end();
  }, 20_000);

  it('The system gives each service its own database on the server in DATABASE_URL', async () => {
    const userId = await userOf(system, await signUp(system, { email: uniqueEmail(), name: 'Ada' }));
    await eventually(async () => {
      expect(await metadataOf(system, userId)).toMatchObject({ notificationState: 'sent' });
    });
    const { rows } = await server.query<{ datname: string }>(
      'select datname from pg_database where datname = any($1)',
      [databases],
    );
    expect(rows.map(({ datname }) => datname).sort()).toEqual([...databases].sort());
  });

  it('The system starts again on the existing databases', async () => {
    const { id, correlationId } = await signUp(system, { email: uniqueEmail(), name: 'Ada' });
    await system.stopParts();
    await system.startAgain();
    const answer = await fetch(`${system.url('signup')}/signups/${id}`);
    expect(await answer.json()).toMatchObject({ id, correlationId });
  }, 30_000);
});
