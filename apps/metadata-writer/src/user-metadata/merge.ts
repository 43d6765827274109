import type { Database } from '@cascade/store';
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { NotificationColumns, SignupColumns } from './columns.js';
import { type Rest, userMetadata } from './schema.js';
import type * as schema from './schema.js';

/*
 * Rules for merging events into a row, in any order, repeatedly or in parallel:
 *
 * 1. A signup owns its columns and its key in `rest`. `notification.sent` and failures of the notifier share the other columns.
 *    Each `notification.sent` and each failure writes all of the shared columns, so a success clears the error. A signup writes
 *    none of the shared columns. A late signup therefore does not change the state of the notification.
 * 2. A `notification.sent` outranks every failure, at any time and in any order, because the message was sent. A late failure
 *    therefore changes nothing, and neither does a replay that fails after a success.
 * 3. Among events of one type, the event with the later time wins. The time of a failure is the time of its last attempt. If the
 *    times are equal, the greater event id wins. The row therefore shows the last of several failures.
 * 4. Merging the same event several times leads to the same row, except for `updated_at`.
 *
 * As a result, the row shows the highest-ranking events that have arrived. The rank of an event depends only on the event.
 *
 * Each merge is one statement. On a conflict, PostgreSQL locks the row and checks the condition on the newest version of the row.
 * If two replicas merge at the same time, the second replica therefore sees the changes of the first.
 */

/** @returns False if nothing was written, because the recorded signup of this user outranks this signup. */
export function mergeSignup(
  db: Database<typeof schema>,
  userId: string,
  columns: SignupColumns,
): Promise<boolean> {
  return merge(db, userId, columns, notOutranked(userMetadata.signedUpAt, rankOfSignup));
}

/** @returns False if nothing was written, because the recorded notification outranks this notification. */
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

/** Function that reads a column from the recorded or the arriving version of the row. */
type Version = (column: PgColumn) => SQL;

const recorded: Version = (column) => sql`${column}`;
const arriving: Version = (column) => sql`excluded.${sql.identifier(column.name)}`;

/**
 * Returns the condition that no recorded event outranks the arriving event.
 *
 * @param time Column with the time of the recorded event. The column is null if no event is recorded yet.
 */
function notOutranked(time: PgColumn, rank: (version: Version) => SQL): SQL {
  return sql`${time} is null or ${rank(recorded)} <= ${rank(arriving)}`;
}

function rankOfSignup(version: Version): SQL {
  return sql`(${version(userMetadata.signedUpAt)}, ${eventId(version, 'signup')})`;
}

/** Returns the rank of a notification. In PostgreSQL, false ranks below true. */
function rankOfNotification(version: Version): SQL {
  const isSent = sql`${version(userMetadata.notificationState)} = 'sent'`;
  return sql`(${isSent}, ${version(userMetadata.notificationAt)}, ${eventId(version, 'notification')})`;
}

/** Returns the event id in `rest`, which is compared byte by byte, regardless of the collation of the database. */
function eventId(version: Version, source: keyof Rest): SQL {
  return sql`(${version(userMetadata.rest)} #>> ${`{${source},eventId}`}::text[]) collate "C"`;
}
