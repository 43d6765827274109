import type { Database } from '@cascade/store';
import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { NotificationColumns, SignupColumns } from './columns.js';
import { type Rest, userMetadata } from './schema.js';
import type * as schema from './schema.js';

/*
 * How events become a row, whatever their order, repetition and concurrency:
 *
 * 1. A signup owns its columns and its key within `rest`. `notification.sent` and the notifier's failures share theirs, and
 *    each writes all of them: a success clears the error. Neither touches what is the other's, so a signup that comes
 *    after its notification leaves the notification's state alone.
 * 2. A `notification.sent` outranks every failure, whatever their times and order: the message went out, and nothing takes
 *    it back. So a failure that arrives late changes nothing, nor does a replay that fails after a success.
 * 3. Among events of one type, the later one wins, by the time in the event (of a failure, that of its last attempt); at
 *    the same time, the greater event id. So of several failures, the row tells of the last.
 * 4. An event that was merged before is merged again, with the same result.
 *
 * Together: the row tells of the highest-ranking events that have arrived, and the rank of an event lies in the event alone.
 *
 * Each merge is one statement. PostgreSQL locks the row on conflict and judges the condition on its newest version, so of
 * two replicas that merge at once, the second sees what the first wrote.
 */

/** @returns false where a later signup of this user is recorded already, and nothing was written */
export function mergeSignup(
  db: Database<typeof schema>,
  userId: string,
  columns: SignupColumns,
): Promise<boolean> {
  return merge(db, userId, columns, notOutranked(userMetadata.signedUpAt, rankOfSignup));
}

/** @returns false where a notification that outranks it is recorded already, and nothing was written */
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

/** Which version of the row a column is read from. */
type Version = (column: PgColumn) => SQL;

const recorded: Version = (column) => sql`${column}`;
const arriving: Version = (column) => sql`excluded.${sql.identifier(column.name)}`;

/** @param time null where nothing is recorded yet */
function notOutranked(time: PgColumn, rank: (version: Version) => SQL): SQL {
  return sql`${time} is null or ${rank(recorded)} <= ${rank(arriving)}`;
}

function rankOfSignup(version: Version): SQL {
  return sql`(${version(userMetadata.signedUpAt)}, ${eventId(version, 'signup')})`;
}

/** False is below true. */
function rankOfNotification(version: Version): SQL {
  const isSent = sql`${version(userMetadata.notificationState)} = 'sent'`;
  return sql`(${isSent}, ${version(userMetadata.notificationAt)}, ${eventId(version, 'notification')})`;
}

/** Ids compare by byte in any database. */
function eventId(version: Version, source: keyof Rest): SQL {
  return sql`(${version(userMetadata.rest)} #>> ${`{${source},eventId}`}::text[]) collate "C"`;
}
