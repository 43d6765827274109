import { drizzle, NodePgTransaction, type NodePgSession } from 'drizzle-orm/node-postgres';
import type { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Database, Schema } from './database.js';

/** A connection, and what runs transactions on it: made once for each. */
interface Session<Tables extends Schema> {
  readonly db: Database<Tables>;
  readonly tx: Transaction<Tables>;
}

type Transaction<Tables extends Schema> = Parameters<Parameters<Database<Tables>['transaction']>[0]>[0];

const IDLE = 'I';

/**
 * Transactions on the connections of a pool. Drizzle's own never gives a connection back on which `begin` fails, and gives one
 * back in the middle of a transaction when `rollback` fails: after ten such outages the pool is empty for good.
 */
export function transactions<Tables extends Schema>(
  pool: pg.Pool,
  schema: Tables,
): Database<Tables>['transaction'] {
  const sessions = new WeakMap<pg.PoolClient, Session<Tables>>();
  return async (work, config) => {
    const client = await pool.connect();
    let session = sessions.get(client);
    if (!session) sessions.set(client, (session = newSession(client, schema)));
    try {
      // Its settings may be refused, and what follows would be written without a transaction.
      if (config) return await session.db.transaction(work, config);
      return await runTransaction(client, () => work(session.tx));
    } finally {
      client.release(client.getTransactionStatus() !== IDLE);
    }
  };
}

/** `begin` goes out together with the first statements, since each write to the server wakes a process there. */
async function runTransaction<Result>(client: pg.PoolClient, work: () => Promise<Result>): Promise<Result> {
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  const begun = client.query('begin');
  // It fails only with its connection, and with that fails what follows.
  begun.catch(() => undefined);
  try {
    const result = await work();
    await begun;
    await client.query('commit');
    return result;
  } catch (error) {
    // Where that fails too the connection is not given back, and what happened first is what to tell.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

function newSession<Tables extends Schema>(client: pg.PoolClient, schema: Tables): Session<Tables> {
  const db = drizzle(client, { schema });
  // Drizzle keeps these to itself.
  const { dialect, session } = db as unknown as { dialect: PgDialect; session: NodePgSession<Tables, never> };
  const { schema: relations } = session as unknown as { schema: undefined };
  const tx = new NodePgTransaction(dialect, session, relations);
  return { db: db, tx: tx as unknown as Transaction<Tables> };
}
