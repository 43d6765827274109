import { IsIn, IsRFC3339, IsString, IsUUID, Length } from 'class-validator';
import type { EventName, Fields } from './event.js';

export const notificationChannels = ['email', 'text'] as const;
export type NotificationChannel = (typeof notificationChannels)[number];

/** A gateway accepted the welcome message for a user. Published by the notifier. */
export class NotificationSent {
  static readonly event: EventName = { name: 'notification.sent', version: 1 };

  @IsUUID()
  readonly userId!: string;

  @IsIn(notificationChannels)
  readonly channel!: NotificationChannel;

  /** Masked, so that the event contains no address: `a**@example.com`, `+1415*****23`. */
  @IsString()
  @Length(1, 320)
  readonly recipient!: string;

  /** The gateway's id of the message: an SMTP `Message-ID`, or the id of a text provider. */
  @IsString()
  @Length(1, 1000)
  readonly providerMessageId!: string;

  /** RFC 3339 time with offset. */
  @IsRFC3339()
  readonly sentAt!: string;

  constructor(fields: Fields<NotificationSent>) {
    Object.assign(this, fields);
  }
}
