import { IsIn, IsRFC3339, IsString, IsUUID, Length } from 'class-validator';
import type { EventName, Fields } from './event.js';

export const notificationChannels = ['email', 'text'] as const;
export type NotificationChannel = (typeof notificationChannels)[number];

/** Published by the notifier when a gateway has accepted the welcome message for a user. */
export class NotificationSent {
  static readonly event: EventName = { name: 'notification.sent', version: 1 };

  @IsUUID()
  readonly userId!: string;

  @IsIn(notificationChannels)
  readonly channel!: NotificationChannel;

  /** Masked address or phone number, such as `a**@example.com` or `+1415*****23`. The event contains no full address. */
  @IsString()
  @Length(1, 320)
  readonly recipient!: string;

  /** Id that the gateway gave the message, such as an SMTP `Message-ID`. */
  @IsString()
  @Length(1, 1000)
  readonly providerMessageId!: string;

  /** Time in RFC 3339 format, with an offset. */
  @IsRFC3339()
  readonly sentAt!: string;

  constructor(fields: Fields<NotificationSent>) {
    Object.assign(this, fields);
  }
}
