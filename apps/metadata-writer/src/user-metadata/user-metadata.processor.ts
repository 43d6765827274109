import { NotificationSent, UserMetadataRecorded, UserSignedUp } from '@app/contracts';
import {
  Consumes,
  ConsumesFailure,
  EventContext,
  EventFailed,
  FailureReader,
  InvalidEventError,
  OriginalGoneError,
} from '@cascade/jetstream';
import { Inbox } from '@cascade/outbox';
import { isDatabaseUnavailable } from '@cascade/service';
import type { Database } from '@cascade/store';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { notificationColumns, notificationFailureColumns, signupColumns } from './columns.js';
import { mergeNotification, mergeSignup } from './merge.js';
import type * as schema from './schema.js';

/** Options that all processors of this class share. */
const ON_THE_DATABASE = {
  // Each event in flight occupies a connection of the pool. The module derives the size of the pool from this number.
  concurrency: 8,
  // While the database is down, no event can be recorded. Probes are cheap, so they can be frequent.
  outage: isDatabaseUnavailable,
  pause: { maxProbe: 10_000 },
};

/**
 * Keeps the metadata row of each user up to date. Each event type has a separate processor, and therefore a separate durable. The
 * processors may handle events in any order (see merge.ts). The inbox ensures that a redelivered event is merged only once.
 */
@Controller()
export class UserMetadataProcessor {
  constructor(
    private readonly inbox: Inbox<typeof schema>,
    private readonly failures: FailureReader,
  ) {}

  @Consumes(UserSignedUp, {
    processor: 'metadata-writer',
    publishes: [UserMetadataRecorded],
    ...ON_THE_DATABASE,
  })
  async recordSignup(
    @Payload() event: UserSignedUp,
    @Ctx() context: EventContext,
  ): Promise<UserMetadataRecorded> {
    return this.record(context, event.userId, signupColumns(event, context.eventId), mergeSignup);
  }

  @Consumes(NotificationSent, {
    processor: 'metadata-writer-notifications',
    publishes: [UserMetadataRecorded],
    ...ON_THE_DATABASE,
  })
  async recordNotification(
    @Payload() event: NotificationSent,
    @Ctx() context: EventContext,
  ): Promise<UserMetadataRecorded> {
    return this.record(context, event.userId, notificationColumns(event, context.eventId), mergeNotification);
  }

  /**
   * Records that the notifier gave up on a signup. The row then shows the failure, unless a recorded event outranks the failure
   * (see merge.ts).
   */
  @ConsumesFailure(UserSignedUp, {
    of: 'notifier',
    processor: 'metadata-writer-failures',
    publishes: [UserMetadataRecorded],
    unrecoverable: [OriginalGoneError],
    ...ON_THE_DATABASE,
  })
  async recordNotificationFailure(
    @Payload() failure: EventFailed,
    @Ctx() context: EventContext,
  ): Promise<UserMetadataRecorded | undefined> {
    const signup = await this.signupOf(failure);
    if (!signup) return undefined;
    const columns = notificationFailureColumns(failure, context.eventId);
    return this.record(context, signup.userId, columns, mergeNotification);
  }

  /**
   * Records an event and returns `user.metadata-recorded`. If a recorded event outranks this event, nothing is written. The event
   * `user.metadata-recorded` then lists no fields, but still shows the end of the flow.
   */
  private record<Columns extends object>(
    context: EventContext,
    userId: string,
    columns: Columns,
    merge: (db: Database<typeof schema>, userId: string, columns: Columns) => Promise<boolean>,
  ): Promise<UserMetadataRecorded> {
    return this.inbox.once(context, async (tx) => {
      const written = await merge(tx, userId, columns);
      const fields = written ? Object.keys(columns) : [];
      return new UserMetadataRecorded({ userId, fields, recordedAt: new Date().toISOString() });
    });
  }

  /** Returns the original signup; undefined if the signup breaks its contract. The user of an invalid signup is unknown. */
  private async signupOf(failure: EventFailed): Promise<UserSignedUp | undefined> {
    try {
      return await this.failures.originalEvent(failure, UserSignedUp);
    } catch (error) {
      if (error instanceof InvalidEventError) return undefined;
      throw error;
    }
  }
}
