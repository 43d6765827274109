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
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { notificationColumns, notificationFailureColumns, signupColumns } from './columns.js';
import { mergeNotification, mergeSignup } from './merge.js';
import type * as schema from './schema.js';

/** What each of the processors has in common. */
const ON_THE_DATABASE = {
  // Each event has a connection of the pool, which the module sizes by this, for as long as it is recorded.
  concurrency: 8,
  // While the database is away no event can be recorded; it is tried often, since it takes little.
  outage: isDatabaseUnavailable,
  pause: { maxProbe: 10_000 },
};

/**
 * Keeps the metadata row of each user up to date. Each event type has a processor, and so a durable, of its own. They
 * need no order between them: see merge.ts. The inbox has each event merged once.
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
    return this.inbox.once(context, async (tx) => {
      const columns = signupColumns(event, context.eventId);
      const written = await mergeSignup(tx, event.userId, columns);
      return recorded(event.userId, written ? Object.keys(columns) : []);
    });
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
    return this.inbox.once(context, async (tx) => {
      const columns = notificationColumns(event, context.eventId);
      const written = await mergeNotification(tx, event.userId, columns);
      return recorded(event.userId, written ? Object.keys(columns) : []);
    });
  }

  /** The notifier gave up on a signup: the user's row says so until a replay succeeds. */
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
    return this.inbox.once(context, async (tx) => {
      const columns = notificationFailureColumns(failure, context.eventId);
      const written = await mergeNotification(tx, signup.userId, columns);
      return recorded(signup.userId, written ? Object.keys(columns) : []);
    });
  }

  /** Undefined where it breaks its contract: such an event tells of no user. */
  private async signupOf(failure: EventFailed): Promise<UserSignedUp | undefined> {
    try {
      return await this.failures.originalEvent(failure, UserSignedUp);
    } catch (error) {
      if (error instanceof InvalidEventError) return undefined;
      throw error;
    }
  }
}

/** Published also where nothing was written, for a later event had been recorded before: the flow then ends visibly. */
function recorded(userId: string, fields: string[]): UserMetadataRecorded {
  return new UserMetadataRecorded({ userId, fields, recordedAt: new Date().toISOString() });
}
