import { Logger } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';

/**
 * Number of the advisory lock, chosen arbitrarily. An advisory lock belongs to one database, so services with different databases
 * can use the same number.
 */
export const MIGRATION_LOCK = 7_238_514_902;

/** Interval between two attempts to get the lock, in milliseconds. */
const TRY_EVERY = 100;
/**
 * Time after which a wait is logged, in milliseconds. Replicas that start together usually wait for less time, so they log
 * nothing.
 */
const REPORT_AFTER = 1_000;
const REPORT_EVERY = 30_000;

/**
 * Runs `work` in a transaction as soon as no other process holds the migration lock of this database. Waits without a limit, and
 * logs which process holds the lock. If the start failed instead, the supervisor would only restart the service.
 *
 * The lock belongs to the transaction, not to the session, because a pooler may give each transaction another connection. The
 * lock is polled, because a waiting session would occupy one of the pooler's few connections.
 *
 * @param place Name of the database in the log.
 */
export async function runLocked(
  db: Database,
  place: string,
  work: (tx: Database) => Promise<void>,
): Promise<void> {
  const logger = new Logger('Store');
  const since = new Date();
  let reportAt = since.getTime() + REPORT_AFTER;
  const attempt = async (tx: Database): Promise<boolean> => {
    const { rows } = await tx.execute(sql`select pg_try_advisory_xact_lock(${MIGRATION_LOCK}) as locked`);
    if (rows[0]?.['locked']) await work(tx);
    return Boolean(rows[0]?.['locked']);
  };
  while (!(await db.transaction(attempt))) {
    if (Date.now() >= reportAt) {
      logger.warn(
        `${place} is being migrated by ${await describeHolder(db)}. Waiting since ${since.toISOString()}.`,
      );
      reportAt = Date.now() + REPORT_EVERY;
    }
    await sleep(TRY_EVERY);
  }
}

interface Holder extends Record<string, unknown> {
  pid: number;
  name: string | null;
  client: string | null;
  /** Start of the holder's transaction; null if this database user may not see it. */
  since: string | null;
}

/** Describes the process that holds the lock, and how to end that process. */
async function describeHolder(db: Database): Promise<string> {
  const [holder] = (await db.execute<Holder>(HOLDER)).rows;
  if (!holder) return 'a process that has just ended';
  const { pid, name, client, since } = holder;
  const facts = [`server process ${pid}`, name, client && `from ${client}`, since && `since ${since}`];
  const remedy = `if it hangs, end it with: select pg_terminate_backend(${pid})`;
  return `another process (${facts.filter(Boolean).join(', ')}; ${remedy})`;
}

const HOLDER: SQL = sql`
  select pid, application_name as name, host(client_addr) as client, xact_start as since
  from pg_locks join pg_stat_activity using (pid)
  where locktype = 'advisory' and granted and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) + objid::bigint = ${MIGRATION_LOCK}`;
