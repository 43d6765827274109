import { drizzle, NodePgTransaction, type NodePgSession } from 'drizzle-orm/node-postgres';
import type { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Database, Schema } from '../database.js';
import { codeOf, READ_ONLY, TransactionRolledBackError } from '../errors.js';

type Transaction<Tables extends Schema> = Parameters<Parameters<Database<Tables>['transaction']>[0]>[0];

/** Status of a connection outside a transaction. */
const IDLE = 'I';

/**
 * Returns a `transaction` function that uses the connections of a pool. Drizzle's own transactions never release a connection
 * whose `begin` fails. If `rollback` fails, they release the connection while its transaction is still open. After ten failures
 * of `begin`, a pool of ten connections would be empty forever.
 */
export function transactions<Tables extends Schema>(
  pool: pg.Pool,
  schema: Tables,
): Database<Tables>['transaction'] {
  // Transaction objects are cached for each connection, because creating such an object takes longer than using it.
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
        // If the server refuses the settings, the work does not begin.
        await transaction.setTransaction(config);
        return work(transaction);
      });
    } catch (error) {
      isReadOnly = codeOf(error) === READ_ONLY;
      throw error;
    } finally {
      // A demoted server keeps its connections open. Drop this connection, because the next connection may lead to the new
      // primary.
      client.release(isReadOnly || client.getTransactionStatus() !== IDLE);
    }
  };
}

/**
 * Runs `work` in a transaction. Sends `begin` and the first statements in one write, because each write wakes a process of the
 * server.
 */
async function runTransaction<Result>(client: pg.PoolClient, work: () => Promise<Result>): Promise<Result> {
  const { stream } = client.connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
  const begun = client.query('begin');
  // `begin` fails only if the connection fails. The statements after `begin` then fail as well.
  begun.catch(() => undefined);
  let result: Result;
  try {
    result = await work();
    await begun;
  } catch (error) {
    // If the rollback fails, the connection is dropped. The caller gets the first error.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
  // If a statement of the transaction has failed, PostgreSQL answers `commit` with a successful rollback.
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw new TransactionRolledBackError();
  return result;
}

function newTransaction<Tables extends Schema>(client: pg.PoolClient, schema: Tables): Transaction<Tables> {
  const db = drizzle(client, { schema });
  // Drizzle does not expose these properties.
  const { dialect, session } = db as unknown as { dialect: PgDialect; session: NodePgSession<Tables, never> };
  const { schema: relations } = session as unknown as { schema: undefined };
  return new NodePgTransaction(dialect, session, relations) as unknown as Transaction<Tables>;
}
