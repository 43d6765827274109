import { Logger } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';

/** Any number, the same in all replicas; advisory locks belong to one database. */
export const MIGRATION_LOCK = 7_238_514_902;

/** Milliseconds between two tries. */
const TRY_EVERY = 100;
/** Milliseconds. Replicas that start together wait for less than the first, and say nothing. */
const REPORT_AFTER = 1_000;
const REPORT_EVERY = 30_000;

/**
 * Runs `work` in a transaction, once no other process does so on this database. Waits for as long as that takes, and reports
 * what for: a start that gave up would only be made again by whatever runs the service.
 *
 * The lock belongs to the transaction, not to the session, and is tried rather than waited for: a pooler may give each
 * transaction another connection, and has too few of them for sessions that wait.
 *
 * @param place The database, for people.
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
        `${place} is being migrated by ${await describeHolder(db)}, waiting since ${since.toISOString()}`,
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
  /** When its transaction began; null where this user may not know. */
  since: string | null;
}

/** The process that has the lock, and how to end it. */
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
