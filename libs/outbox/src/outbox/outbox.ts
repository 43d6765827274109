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
   * Names the subject of the event, such as the user's id. Events of one key are published in the order in which they were added,
   * if their transactions ran one after the other: for example because each of them locks the user's row.
   */
  key: string;
  /** UUID. Default a new one, of version 7. */
  id?: string;
  /** Default the id of the event, which then begins a flow. */
  correlationId?: string;
  /** Id of the event that led to this one. Default none. */
  causationId?: string;
}

/** An event that may be added to a transaction. */
export interface OutboxEntry extends PublishedEvent {
  /** Adds the event. It sends the insert before it returns, so statements that are sent next run after it. */
  addTo(tx: Transaction): Promise<PublishedEvent>;

  /**
   * Adds the event together with the row that it announces, unless the database has another row like it. In that case the other
   * row stays as it is, and the event is written and taken back.
   *
   * Both cases run the same statements, which are sent at once, and wait for the same locks. So the time of the transaction does
   * not reveal which case it was, and nothing else does.
   */
  addIfNew<Table extends PgTable, Tables extends Schema>(
    tx: Database<Tables>,
    row: NewRow<Table>,
  ): Promise<void>;
}

type Transaction = Pick<Database, 'insert'>;

/** Milliseconds that an event may wait until the outbox counts as down. */
const LATE_AFTER = 10_000;
/** Rows that a readiness check looks at. It runs every few seconds, even while millions wait. */
const CHECKED = 10_000;

const insertEvent = prepared((tx: Transaction) => {
  const { id, key, name, version, data, correlationId, causationId } = placeholdersOf(outbox);
  return tx
    .insert(outbox)
    .values({ id, key, name, version, data, correlationId, causationId })
    .prepare('cascade_outbox_add');
});

/** Adds events to the transaction that writes rows: both are kept, or neither. */
@Injectable()
export class Outbox {
  constructor(
    private readonly store: Store,
    private readonly relay: OutboxRelay,
    private readonly publisher: EventPublisher,
  ) {}

  /**
   * Adds an event to the caller's transaction. It is published at least once after the commit: call {@link wake} then.
   *
   * @throws UndeclaredEventError if the service does not declare that it publishes the event; nothing has been written
   * @throws InvalidEventError if the event breaks its contract; nothing has been written
   */
  async add(tx: Transaction, event: object, options: AddOptions): Promise<PublishedEvent> {
    return (await this.prepare(event, options)).addTo(tx);
  }

  /**
   * Checks an event before the transaction that will add it begins.
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
   * Lets the relay poll the outbox at once. Call it after the commit.
   *
   * It wakes only the relay of this process (ADR 4). NOTIFY would wake other replicas too. But it needs a connection for each,
   * and a lock for which all commits of the server queue. Other replicas need the row only if this process dies first. Then they
   * find it by polling.
   */
  wake(): void {
    this.relay.wake();
  }

  /**
   * Readiness check. Make it optional: while the outbox is down, the service accepts requests, and their events wait.
   *
   * @throws Error if the oldest waiting event has waited for 10 s, or if events are set aside
   */
  async ready(): Promise<void> {
    const { waiting, oldestAge, setAside } = await readBacklog(this.store.db, CHECKED);
    // Rounded to seconds, so that each check gives the same text.
    const oldest = new Date(Math.round((Date.now() - oldestAge) / 1_000) * 1_000);
    const since = oldest.toISOString().replace('.000Z', 'Z');
    const faults = [
      ...(oldestAge > LATE_AFTER ? [`${counted(waiting)} waiting, the oldest since ${since}`] : []),
      ...(setAside > 0 ? [`${counted(setAside)} set aside`] : []),
    ];
    if (faults.length > 0) throw new Error(`${faults.join('; ')} (\`node cascade outbox\`)`);
  }

  /**
   * Returns the events that are not published, for display.
   *
   * @param limit Most events to list that are set aside, oldest first.
   */
  content(limit: number): Promise<OutboxContent> {
    return readContent(this.store.db, limit);
  }

  /**
   * Returns events that the broker refused permanently, oldest first. `lastError` is the reason.
   *
   * @param limit Default 100.
   */
  async setAside(limit = 100): Promise<OutboxRow[]> {
    const { setAsideAt, position } = outbox;
    return this.store.db.select().from(outbox).where(isNotNull(setAsideAt)).orderBy(position).limit(limit);
  }

  /**
   * Publishes events after all that were set aside. Call it when the cause is corrected. Later events of their keys have been
   * published already.
   *
   * @param ids Default all events that are set aside.
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
   * Deletes events that were set aside, so that they are never published. Other events stay, since they may be in flight.
   *
   * @returns The deleted events. Log them: no other trace is left.
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
