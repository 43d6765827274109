import { assertPublishable, plainIdOf, type EventContext } from '@cascade/jetstream';
import { Store, type Database, type Schema } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { sql, type SQL } from 'drizzle-orm';
import { inbox } from './inbox-table.js';
import { revivedResult, storedResult, type StoredResult } from './stored-result.js';

/** Result of a handler: one event, several events, or nothing. */
type Result = object | readonly (object | null | undefined)[] | null | undefined | void;

/** Primary key of a mark. */
type Mark = Pick<typeof inbox.$inferSelect, 'eventId' | 'processor' | 'replayId'>;

/** Ensures that a processor commits its work for an event only once, even if the event is redelivered. */
@Injectable()
export class Inbox<Tables extends Schema = Schema> {
  constructor(private readonly store: Store<Tables>) {}

  /**
   * Runs a handler's work in a transaction that also marks the event as handled. Work and mark are committed or rolled back
   * together. If the event is redelivered after the commit, the work does not run, and the stored result is returned. The
   * transport therefore publishes the same events under the same ids. If two deliveries arrive at the same time, the second
   * delivery waits for the first.
   *
   *     return this.inbox.once(context, async (tx) => {
   *       await tx.insert(orders).values(…);
   *       return new OrderStored(…);
   *     });
   *
   * A mark is valid for `keepMarks`. Each replay of a time range repeats the work. The replay of a failure repeats the work
   * only if the work was not committed. If an event fails in an as-new replay, the replay of that failure uses the mark of the
   * as-new replay.
   *
   * @param work Must use only `tx`, and must wait only for the database. Effects outside the database, such as an e-mail, are not
   *   rolled back, and are repeated on the next attempt.
   * @throws UndeclaredEventError, UnrecoverableError if the result cannot be published. The transaction is rolled back.
   * @throws ForgottenEventError if the mark contains an event that the processor no longer declares
   * @throws any error of `work` or of the database
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
    // An invalid result must not be committed. Every redelivery would return the invalid result, even after the handler was
    // corrected.
    for (const event of events) await assertPublishable(event, context);
    if (events.length === 0) return;
    const result = JSON.stringify(storedResult(returned));
    await tx.execute(sql`update ${inbox} set result = ${result} where ${is(mark)}`);
  }
}

/*
 * These hand-written statements run for every event. Drizzle would take longer to build them than the database takes to run them.
 */

/** Inserts a mark, and returns false if the mark already exists. Waits for a transaction that inserts the same mark. */
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
  // The replay of a failure in an as-new replay uses the mark of the as-new replay. The mark of the first handling contains a
  // wrong result.
  const replay = asNew ?? (failureId === undefined ? replayId : undefined);
  return { eventId: plainIdOf(eventId), processor: identity, replayId: replay ?? '' };
}
