import { classOf, EventPublisher, newEventId, type PublishedEvent } from '@cascade/jetstream';
import { placeholdersOf, prepared, Store } from '@cascade/store';
import { Injectable } from '@nestjs/common';
import { and, inArray, isNotNull } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { readBacklog } from './backlog.js';
import { readContent } from './content.js';
import { insertOrTakeBack, type NewRow, type Transaction } from './insert-or-take-back.js';
import { OutboxRelay } from './outbox-relay.js';
import { outbox, type OutboxRow } from './outbox-table.js';
import type { OutboxContent } from '../requests/outbox-requests.js';

export interface AddOptions {
  /**
   * Key that identifies the subject of the event, such as the user's id. Events with the same key are published in the order in
   * which they were added. The transactions that add these events must run one after another, for example because each
   * transaction locks the user's row.
   */
  key: string;
  /** UUID of the event. Default: a new UUID of version 7. */
  id?: string;
  /** Id of the flow to which the event belongs. Default: the id of the event, which then begins a new flow. */
  correlationId?: string;
  /** Id of the event that caused this event. By default, the event has no cause. */
  causationId?: string;
}

/** Event that can be added to a transaction. */
export interface OutboxEntry extends PublishedEvent {
  /** Adds the event. The insert is sent before this method returns, so statements that are sent later run after the insert. */
  addTo(tx: Transaction): Promise<PublishedEvent>;

  /**
   * Adds the event and the row that it announces, unless a row with the same unique value already exists. In that case, the
   * existing row stays unchanged, and the event is written and then deleted.
   *
   * Both cases send the same statements together and wait for the same locks. Neither the duration of the transaction nor any
   * other effect reveals which case occurred.
   */
  addIfNew<Table extends PgTable>(tx: Transaction, row: NewRow<Table>): Promise<void>;
}

/** Time that an event may wait before the outbox counts as down, in milliseconds. */
const LATE_AFTER = 10_000;
/** Maximum number of rows that a readiness check reads. The check runs every few seconds, even while millions of rows wait. */
const CHECKED = 10_000;

const insertEvent = prepared((tx: Transaction) => {
  const { id, key, name, version, data, correlationId, causationId } = placeholdersOf(outbox);
  return tx
    .insert(outbox)
    .values({ id, key, name, version, data, correlationId, causationId })
    .prepare('cascade_outbox_add');
});

/** Adds events to the transaction that writes rows. Events and rows are committed or rolled back together. */
@Injectable()
export class Outbox {
  constructor(
    private readonly store: Store,
    private readonly relay: OutboxRelay,
    private readonly publisher: EventPublisher,
  ) {}

  /**
   * Adds an event to the caller's transaction. The event is published at least once after the commit. Call {@link wake} after the
   * commit.
   *
   * @throws UndeclaredEventError if the service does not declare that it publishes the event. Nothing has been written.
   * @throws InvalidEventError if the event breaks its contract. Nothing has been written.
   */
  async add(tx: Transaction, event: object, options: AddOptions): Promise<PublishedEvent> {
    return (await this.prepare(event, options)).addTo(tx);
  }

  /**
   * Checks an event before the transaction begins. Returns an entry that the transaction can add.
   *
   * @throws UndeclaredEventError, InvalidEventError under the same conditions as {@link add}
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
      await Promise.all([addTo(tx), insertOrTakeBack(tx, id, newRow)]);
    };
    return { id, correlationId, addTo, addIfNew };
  }

  /**
   * Wakes the relay, so that it polls the outbox immediately. Call this method after the commit.
   *
   * Only the relay of this process is woken (ADR 4). NOTIFY would wake the other replicas too. However, each replica would need a
   * connection for LISTEN, and all commits on the server would queue for one lock. Other replicas need the row only if this
   * process dies before publishing it. The other replicas then find the row by polling.
   */
  wake(): void {
    this.relay.wake();
  }

  /**
   * Checks readiness. Make this check optional, because the service still accepts requests while publishing fails. The events
   * of these requests wait in the outbox.
   *
   * @throws Error if the oldest waiting event has waited for more than 10 s, or if events are set aside
   */
  async ready(): Promise<void> {
    const { waiting, oldestAge, setAside } = await readBacklog(this.store.db, CHECKED);
    // The time is rounded to seconds, so that each check returns the same text.
    const oldest = new Date(Math.round((Date.now() - oldestAge) / 1_000) * 1_000);
    const since = oldest.toISOString().replace('.000Z', 'Z');
    const faults = [
      ...(oldestAge > LATE_AFTER ? [`${counted(waiting)} waiting, the oldest since ${since}`] : []),
      ...(setAside > 0 ? [`${counted(setAside)} set aside`] : []),
    ];
    if (faults.length > 0) throw new Error(`${faults.join('; ')} (\`node cascade outbox\`)`);
  }

  /**
   * Returns the numbers of waiting and set-aside events, the oldest waiting event, and the oldest set-aside events.
   *
   * @param limit Maximum number of set-aside events to list, starting with the oldest.
   */
  content(limit: number): Promise<OutboxContent> {
    return readContent(this.store.db, limit);
  }

  /**
   * Returns events that the broker refused permanently, starting with the oldest. `lastError` contains the reason.
   *
   * @param limit Maximum number of events. Default 100.
   */
  async setAside(limit = 100): Promise<OutboxRow[]> {
    const { setAsideAt, position } = outbox;
    return this.store.db.select().from(outbox).where(isNotNull(setAsideAt)).orderBy(position).limit(limit);
  }

  /**
   * Puts back events that were set aside, so that the relay publishes them. Call this method when the cause has been corrected.
   * Later events with the same keys may already have been published.
   *
   * @param ids Ids of the events. Default: all events that are set aside.
   * @returns Number of events that were put back.
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
   * Deletes set-aside events, so that they are never published. Events that are not set aside are kept, because they may be in
   * flight.
   *
   * @returns The deleted events. Log them, because no other record of them remains.
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
