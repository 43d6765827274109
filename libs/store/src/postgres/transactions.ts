import { drizzle, NodePgTransaction, type NodePgSession } from 'drizzle-orm/node-postgres';
import type { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Database, Schema } from '../database.js';
import { codeOf, READ_ONLY, TransactionRolledBackError } from '../errors.js';

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
  // One for each connection: making it takes longer than using it.
  const made = new WeakMap<pg.PoolClient, Transaction<Tables>>();
  return async (work, config) => {
    const client = await pool.connect();
    let tx = made.get(client);
    if (!tx) made.set(client, (tx = newTransaction(client, schema)));
    const transaction = tx;
    let isReadOnly = false;
    try {
      if (!config) return await runTransaction(client, () => work(transaction));
      return await runTransaction(client, async () => {
        // Settings that are refused end the transaction before its work begins.
        await transaction.setTransaction(config);
        return work(transaction);
      });
    } catch (error) {
      isReadOnly = codeOf(error) === READ_ONLY;
      throw error;
    } finally {
      // A server that was demoted keeps its connections: the next one may lead to the server that took its place.
      client.release(isReadOnly || client.getTransactionStatus() !== IDLE);
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
  let result: Result;
  try {
    result = await work();
    await begun;
  } catch (error) {
    // Where that fails too the connection is not given back, and what happened first is what to tell.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  // PostgreSQL answers the commit of a transaction in which a statement has failed with a rollback, and reports success.
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw new TransactionRolledBackError();
  return result;
}

function newTransaction<Tables extends Schema>(client: pg.PoolClient, schema: Tables): Transaction<Tables> {
  const db = drizzle(client, { schema });
  // Drizzle keeps these to itself.
  const { dialect, session } = db as unknown as { dialect: PgDialect; session: NodePgSession<Tables, never> };
  const { schema: relations } = session as unknown as { schema: undefined };
  return new NodePgTransaction(dialect, session, relations) as unknown as Transaction<Tables>;
}
