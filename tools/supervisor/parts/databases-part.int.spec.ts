import { describePostgres } from '@cascade/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDatabases } from './databases-part.js';

const name = `spec_${randomBytes(6).toString('hex')}`;

describePostgres(() => {
  let server: pg.Client;
  let url: string;

  beforeAll(async () => {
    server = new pg.Client({ connectionString: process.env['TEST_DATABASE_URL'] });
    await server.connect();
    url = Object.assign(new URL(process.env['TEST_DATABASE_URL']!), { pathname: `/${name}` }).href;
  });
  afterAll(async () => {
    for (const service of ['first', 'late_comer'])
      await server.query(`drop database if exists ${name}_${service} with (force)`);
    await server.end();
  });

  it('A later service gets its database in addition to the existing databases', async () => {
    await createDatabases(url, ['first']);
    expect(await createDatabases(url, ['first', 'late-comer'])).toEqual([
      `${name}_first`,
      `${name}_late_comer`,
    ]);
    const { rows } = await server.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1) order by datname',
      [name],
    );
    expect(rows.map(({ datname }) => datname)).toEqual([`${name}_first`, `${name}_late_comer`]);
  });
});
