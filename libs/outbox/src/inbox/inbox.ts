import { assertPublishable, plainIdOf, type EventContext } from '@cascade/jetstream';
import { Store, type Database, type Schema } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import { inbox } from './inbox-table.js';
import { revivedResult, storedResult, type StoredResult } from './stored-result.js';

/** What a handler may return: an event, several, or nothing. */
type Result = object | readonly (object | null | undefined)[] | null | undefined | void;

/** What tells one mark from another. */
type Mark = Pick<typeof inbox.$inferSelect, 'eventId' | 'processor' | 'replayId'>;

/** Has each event worked on once by a processor, however often it is delivered. */
@Injectable()
export class Inbox<Tables extends Schema = Schema> {
  constructor(private readonly store: Store<Tables>) {}

  /**
   * Does a handler's work in a transaction, which also marks the event as worked on; both are kept, or neither. When the event
   * is delivered again, nothing is done, and what the work returned then is returned again, so that the transport
   * publishes the same events under the same ids. Of two deliveries at once, the second waits for the first.
   *
   *     return this.inbox.once(context, async (tx) => {
   *       await tx.insert(orders).values(…);
   *       return new OrderStored(…);
   *     });
   *
   * A mark is good for as long as `keepMarks` says. A replay of a time range has the work done again, once for each replay; the
   * replay of a failure does not where the work had been done before something behind it failed. A failure in a replay as new is
   * part of that replay.
   *
   * @param work must use `tx` alone, and wait for nothing but the database. What is done elsewhere, such as a mail, is not undone
   *   with the transaction, and is done again at the next attempt.
   * @throws UndeclaredEventError, UnrecoverableError where the work returned what cannot be published; nothing is kept then
   * @throws ForgottenEventError where the mark tells of an event that is no longer declared
   * @throws what `work` and the database throw
   */
  once<Returned extends Result>(
    context: EventContext,
    work: (tx: Database<Tables>) => Promise<Returned>,
  ): Promise<Returned> {
    const mark = markOf(context);
    return this.store.db.transaction(async (tx) => {
      if (!(await insert(tx, mark))) return revivedResult(await find(tx, mark), context) as Returned;
      const returned = await work(tx);
      await this.keep(tx, mark, returned, context);
      return returned;
    });
  }

  private async keep(tx: Database, mark: Mark, returned: Result, context: EventContext): Promise<void> {
    const events = [returned].flat().filter((event) => event !== undefined && event !== null);
    // Were it kept, every redelivery would come upon it again, also of a handler that was mended.
    for (const event of events) await assertPublishable(event, context);
    if (events.length === 0) return;
    const result = JSON.stringify(storedResult(returned));
    await tx.execute(sql`update ${inbox} set result = ${result} where ${is(mark)}`);
  }
}

/*
 * Written by hand: building them takes Drizzle longer than the database takes to run them, and they are run for every event.
 */

/** Waits for a transaction that is inserting the same mark. @returns false where the mark is there */
async function insert(tx: Database, { eventId, processor, replayId }: Mark): Promise<boolean> {
  const inserted = await tx.execute(
    sql`insert into ${inbox} (event_id, processor, replay_id) values (${eventId}, ${processor}, ${replayId})
      on conflict do nothing returning 1`,
  );
  return inserted.rows.length > 0;
}

async function find(tx: Database, mark: Mark): Promise<StoredResult> {
  const found = await tx.execute<{ result: StoredResult }>(
    sql`select result from ${inbox} where ${is(mark)}`,
  );
  return found.rows[0]?.result ?? null;
}

function is({ eventId, processor, replayId }: Mark): SQL {
  return sql`event_id = ${eventId} and processor = ${processor} and replay_id = ${replayId}`;
}

function markOf({ eventId, identity, replayId, failureId, asNew }: EventContext): Mark {
  // What failed in a replay as new belongs to that, not to the first handling of the event, whose result was wrong.
  const replay = asNew ?? (failureId === undefined ? replayId : undefined);
  return { eventId: plainIdOf(eventId), processor: identity, replayId: replay ?? '' };
}
