import pg from 'pg';
import { externalPart, withoutCredentials } from './external-part.js';
import type { Part } from './part.js';
import { databaseUrlOf } from './service-part.js';

const DUPLICATE_DATABASE = '42P04';
const UNIQUE_VIOLATION = '23505';
const NO_SUCH_DATABASE = '3D000';

/**
 * Creates a part for a PostgreSQL server that this system does not run itself. The part creates missing databases of the
 * services.
 */
export function databasesPart(server: string, services: readonly string[]): Part {
  return externalPart('databases', async () => {
    if (!/^postgres(ql)?:\/\//.test(server) || !URL.canParse(server)) {
      throw new Error(
        'cannot be used: DATABASE_URL must have the form postgres://user:password@host:port/name',
      );
    }
    const names = await createDatabases(server, services);
    return { url: withoutCredentials(server), address: server, note: names.join(', ') };
  });
}

/**
 * Creates the missing databases of these services.
 *
 * @returns the names of the databases of all services
 */
export async function createDatabases(server: string, services: readonly string[]): Promise<string[]> {
  const names = services.map((service) => nameIn(databaseUrlOf(server, service)));
  if (names.length > 0) await createMissing(server, names);
  return names;
}

function nameIn(databaseUrl: string): string {
  return decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
}

async function createMissing(server: string, names: readonly string[]): Promise<void> {
  const client = await connect(server);
  try {
    const { rows } = await client.query<{ datname: string }>('select datname from pg_database');
    const missing = names.filter((name) => !rows.some(({ datname }) => datname === name));
    for (const name of missing) await create(client, name);
  } finally {
    await client.end();
  }
}

async function connect(server: string): Promise<pg.Client> {
  try {
    return await open(server);
  } catch (error) {
    if (codeOf(error) !== NO_SUCH_DATABASE) throw unusable(error);
  }
  // The database that the URL names may not exist. Every server has a database `postgres`.
  const other = new URL(server);
  other.pathname = '/postgres';
  return open(other.href).catch((error) => {
    throw unusable(error);
  });
}

async function open(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000 });
  await client.connect();
  return client;
}

function unusable(cause: unknown): Error {
  return new Error(
    `cannot be used (${String(cause)}): check that the server runs and that DATABASE_URL is right`,
    { cause },
  );
}

async function create(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    // Ignores the error if another system has just created the database.
    if (![DUPLICATE_DATABASE, UNIQUE_VIOLATION].includes(codeOf(error) ?? '')) throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
