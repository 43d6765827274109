import { assertContract, classOf, newEventId, type PublishedEvent } from '@app/jetstream';
import type { Database } from '@app/store';
import { Injectable } from '@nestjs/common';
import { OutboxRelay } from './outbox-relay.js';
import { outbox } from './outbox-table.js';

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

/** Publishes events that are decided together with rows: both are kept, or neither. */
@Injectable()
export class Outbox {
  constructor(private readonly relay: OutboxRelay) {}

  /**
   * Adds an event to the caller's transaction. It is published, at least once, after the transaction has committed: call
   * {@link wake} then.
   *
   * @throws InvalidEventError where the event breaks its contract; nothing has been written then
   */
  async add(tx: Pick<Database, 'insert'>, event: object, options: AddOptions): Promise<PublishedEvent> {
    await assertContract(event);
    const { name, version } = classOf(event).event;
    const { key, id = newEventId(), correlationId = id, causationId } = options;
    await tx.insert(outbox).values({ id, key, name, version, data: event, correlationId, causationId });
    return { id, correlationId };
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
}
