import { Logger } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';

/** An arbitrary number. Advisory locks belong to one database, so services on different databases may share it. */
export const MIGRATION_LOCK = 7_238_514_902;

/** Milliseconds between two attempts to get the lock. */
const TRY_EVERY = 100;
/** Milliseconds. Replicas that start together wait for less than this and log nothing. */
const REPORT_AFTER = 1_000;
const REPORT_EVERY = 30_000;

/**
 * Runs `work` in a transaction when no other process does so on this database. Waits without limit and logs what it waits for: if
 * the start gave up, the supervisor of the service would only repeat it.
 *
 * The lock belongs to the transaction, not to the session: a pooler may give each transaction another connection. The lock is
 * polled, because a session that waits would occupy one of the pooler's few connections.
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
  /** Start of its transaction. Null if this user has no right to see it. */
  since: string | null;
}

/** Describes the process that has the lock, and how to end that process. */
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
