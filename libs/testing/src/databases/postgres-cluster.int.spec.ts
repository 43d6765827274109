import { expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { findPostgres, startPostgres } from './postgres-cluster.js';
import { startScript } from '../service/script.js';

const holdPostgres = new URL('../../test/hold-postgres.ts', import.meta.url);
const programs = findPostgres();

async function query(connectionString: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query('select current_user as name')).rows[0];
  } finally {
    await client.end();
  }
}

it('reports why a server cannot start', async () => {
  await expect(startPostgres('/nowhere')).rejects.toThrow(/nowhere\/initdb/);
});

// Without PostgreSQL's programs, these specs are skipped. In that case, the global set-up has already logged a message or failed.
if (programs) {
  it('runs a server until it is stopped', async () => {
    const server = await startPostgres(programs);
    expect(await query(server.url)).toEqual({ name: 'postgres' });
    await server.stop();
    await expect(query(server.url)).rejects.toThrow('ECONNREFUSED');
  });

  it('ends the server of a process that is killed', async () => {
    const holder = startScript(holdPostgres);
    const url = await holder.nextLine();
    expect(await query(url)).toEqual({ name: 'postgres' });
    await holder.kill();
    await eventually(() => expect(query(url)).rejects.toThrow('ECONNREFUSED'));
  });
}
