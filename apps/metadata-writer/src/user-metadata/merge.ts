import type { Database } from '@cascade/store';
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { NotificationColumns, SignupColumns } from './columns.js';
import { type Rest, userMetadata } from './schema.js';
import type * as schema from './schema.js';

/*
 * Rules by which events become a row, in any order, repeated or in parallel:
 *
 * 1. A signup owns its columns and its key in `rest`. `notification.sent` and failures of the notifier share the other columns,
 *    and each writes all of them: a success clears the error. So a signup that arrives after its notification does not change the
 *    state of the notification.
 * 2. A `notification.sent` outranks every failure, at any time and in any order, because the message was sent. So a late failure
 *    changes nothing, nor does a replay that fails after a success.
 * 3. Among events of one type, the later one wins by the time in the event. The time of a failure is that of its last attempt. At
 *    the same time, the greater event id wins. So the row shows the last of several failures.
 * 4. If an event is merged again, the result is the same.
 *
 * Together: the row shows the highest-ranking events that have arrived, and the rank of an event follows from the event alone.
 *
 * Each merge is one statement. PostgreSQL locks the row on conflict and checks the condition on its newest version. So if two
 * replicas merge at once, the second sees what the first wrote.
 */

/** @returns False if a later signup of this user is recorded, so that nothing was written. */
export function mergeSignup(
  db: Database<typeof schema>,
  userId: string,
  columns: SignupColumns,
): Promise<boolean> {
  return merge(db, userId, columns, notOutranked(userMetadata.signedUpAt, rankOfSignup));
}

/** @returns False if a notification that outranks it is recorded, so that nothing was written. */
export function mergeNotification(
  db: Database<typeof schema>,
  userId: string,
  columns: NotificationColumns,
): Promise<boolean> {
  return merge(db, userId, columns, notOutranked(userMetadata.notificationAt, rankOfNotification));
}

async function merge(
  db: Database<typeof schema>,
  userId: string,
  columns: SignupColumns | NotificationColumns,
  setWhere: SQL,
): Promise<boolean> {
  const written = await db
    .insert(userMetadata)
    .values({ userId, ...columns })
    .onConflictDoUpdate({
      target: userMetadata.userId,
      set: { ...columns, rest: sql`${userMetadata.rest} || excluded.rest`, updatedAt: sql`now()` },
      setWhere,
    })
    .returning({ userId: userMetadata.userId });
  return written.length > 0;
}

/** Reads a column from one of the two versions of the row. */
type Version = (column: PgColumn) => SQL;

const recorded: Version = (column) => sql`${column}`;
const arriving: Version = (column) => sql`excluded.${sql.identifier(column.name)}`;

/** @param time Null if nothing is recorded yet. */
function notOutranked(time: PgColumn, rank: (version: Version) => SQL): SQL {
  return sql`${time} is null or ${rank(recorded)} <= ${rank(arriving)}`;
}

function rankOfSignup(version: Version): SQL {
  return sql`(${version(userMetadata.signedUpAt)}, ${eventId(version, 'signup')})`;
}

/** False ranks below true. */
function rankOfNotification(version: Version): SQL {
  const isSent = sql`${version(userMetadata.notificationState)} = 'sent'`;
  return sql`(${isSent}, ${version(userMetadata.notificationAt)}, ${eventId(version, 'notification')})`;
}

/** Compares ids by byte, with any collation of the database. */
function eventId(version: Version, source: keyof Rest): SQL {
  return sql`(${version(userMetadata.rest)} #>> ${`{${source},eventId}`}::text[]) collate "C"`;
}
