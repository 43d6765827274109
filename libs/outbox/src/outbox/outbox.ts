import { classOf, EventPublisher, newEventId, type PublishedEvent } from '@cascade/jetstream';
import { placeholdersOf, prepared, Store, type Database, type Schema } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { and, inArray, isNotNull } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { readBacklog } from './backlog.js';
import { readContent } from './content.js';
import { insertOrTakeBack, type NewRow } from './insert-or-take-back.js';
import { OutboxRelay } from './outbox-relay.js';
import { outbox, type OutboxRow } from './outbox-table.js';
import type { OutboxContent } from '../requests/outbox-requests.js';

export interface AddOptions {
  /**
   * What the event is about, such as the user's id: events of one key are published in the order in which they were
   * added, where the transactions that added them ran one after the other (as those do that lock one user's row).
   */
  key: string;
  /** UUID. Default a new one, of version 7. */
  id?: string;
  /** Default the event's own id: it begins a flow. */
  correlationId?: string;
  /** Id of the event that led to this one. Default none. */
  causationId?: string;
}

/** An event that may be added to a transaction. */
export interface OutboxEntry extends PublishedEvent {
  /** Sends its insert before it returns: statements that are sent next come after it. */
  addTo(tx: Transaction): Promise<PublishedEvent>;

  /**
   * Adds the event together with the row that it announces, unless the database has another row like it. In that case the other
   * row stays as it is, and the event is written and taken back.
   *
   * Both cases run the same statements, which are sent at once, and wait for the same locks. So the time of the transaction does
   * not reveal which case it was, and nothing else does.
   */
  addIfNew<Table extends PgTable, Tables extends Schema>(tx: Database<Tables>, row: NewRow<Table>): Promise<void>;
}

type Transaction = Pick<Database, 'insert'>;

/** Milliseconds that an event may wait before the outbox counts as down. */
const LATE_AFTER = 10_000;
/** Rows that a readiness check looks at: it is made every few seconds, also while millions wait. */
const CHECKED = 10_000;

const insertEvent = prepared((tx: Transaction) => {
  const { id, key, name, version, data, correlationId, causationId } = placeholdersOf(outbox);
  return tx
    .insert(outbox)
    .values({ id, key, name, version, data, correlationId, causationId })
    .prepare('cascade_outbox_add');
});

/** Publishes events that are decided together with rows: both are kept, or neither. */
@Injectable()
export class Outbox {
  constructor(
    private readonly store: Store,
    private readonly relay: OutboxRelay,
    private readonly publisher: EventPublisher,
  ) {}

  /**
   * Adds an event to the caller's transaction. It is published, at least once, after the transaction has committed: call
   * {@link wake} then.
   *
   * @throws UndeclaredEventError where the service does not declare that it publishes the event, InvalidEventError where the
   *   event breaks its contract; nothing has been written then
   */
  async add(tx: Transaction, event: object, options: AddOptions): Promise<PublishedEvent> {
    return (await this.prepare(event, options)).addTo(tx);
  }

  /**
   * Checks an event before a transaction begins that is to add it.
   *
   * @throws UndeclaredEventError, InvalidEventError as {@link add} does
   */
  async prepare(event: object, options: AddOptions): Promise<OutboxEntry> {
    await this.publisher.assertPublishable(event);
    const { name, version } = classOf(event).event;
    const { key, id = newEventId(), correlationId = id, causationId = null } = options;
    const row = { id, key, name, version, data: event, correlationId, causationId };
    const addTo = async (tx: Transaction) => {
      await insertEvent(tx).execute(row);
      return { id, correlationId };
    };
    const addIfNew: OutboxEntry['addIfNew'] = async (tx, newRow) => {
      await Promise.all([addTo(tx), insertOrTakeBack(tx as unknown as Database, id, newRow)]);
    };
    return { id, correlationId, addTo, addIfNew };
  }

  /**
   * Has the relay look at once, rather than at its next poll. To be called when the transaction has committed.
   *
   * Within the process only: NOTIFY would reach the relays of other replicas too, at the price of a listening connection
   * each and of a lock that all commits of the server queue for. They need it only where this process dies between commit
   * and publishing, and then find the row by polling.
   */
  wake(): void {
    this.relay.wake();
  }

  /**
   * Readiness check. A service can do without for a while: its requests are taken, and their events wait.
   *
   * @throws Error with how many events wait and since when, where the oldest has waited for 10 s, and how many are set aside
   */
  async ready(): Promise<void> {
    const { waiting, oldestAge, setAside } = await readBacklog(this.store.db, CHECKED);
    // In whole seconds, so that it is the same text at each check.
    const oldest = new Date(Math.round((Date.now() - oldestAge) / 1_000) * 1_000);
    const since = oldest.toISOString().replace('.000Z', 'Z');
    const faults = [
      ...(oldestAge > LATE_AFTER ? [`${counted(waiting)} waiting, the oldest since ${since}`] : []),
      ...(setAside > 0 ? [`${counted(setAside)} set aside`] : []),
    ];
    if (faults.length > 0) throw new Error(`${faults.join('; ')} (\`node cascade outbox\`)`);
  }

  /**
   * What it holds beside published events, for people.
   *
   * @param limit events that are set aside to list, the oldest first
   */
  content(limit: number): Promise<OutboxContent> {
    return readContent(this.store.db, limit);
  }

  /**
   * The events that the broker refused for good, the oldest first: each with `setAsideAt`, and the reason as `lastError`.
   *
   * @param limit Default 100.
   */
  async setAside(limit = 100): Promise<OutboxRow[]> {
    const { setAsideAt, position } = outbox;
    return this.store.db.select().from(outbox).where(isNotNull(setAsideAt)).orderBy(position).limit(limit);
  }

  /**
   * Has events that were set aside published after all, once what was wrong is mended. Those behind them in their keys
   * have gone out meanwhile.
   *
   * @param ids Default all of them.
   * @returns How many were put back.
   */
  async putBack(ids?: readonly string[]): Promise<number> {
    const chosen = ids && inArray(outbox.id, [...ids]);
    const putBack = await this.store.db
      .update(outbox)
      .set({ setAsideAt: null, attempts: 0, lastError: null })
      .where(and(isNotNull(outbox.setAsideAt), chosen))
      .returning({ id: outbox.id });
    this.wake();
    return putBack.length;
  }

  /**
   * Gives up events that were set aside: they are removed, and never published. Others are left alone, since they may be on their
   * way. Log what it returns: nothing else is left of them.
   *
   * @returns Those that were removed.
   */
  async drop(ids: readonly string[]): Promise<Pick<OutboxRow, 'id' | 'name'>[]> {
    return this.store.db
      .delete(outbox)
      .where(and(isNotNull(outbox.setAsideAt), inArray(outbox.id, [...ids])))
      .returning({ id: outbox.id, name: outbox.name });
  }
}

function counted(events: number): string {
  const number = events.toLocaleString('en');
  return `${number}${events === CHECKED ? ' or more' : ''} event${events === 1 ? '' : 's'}`;
}
