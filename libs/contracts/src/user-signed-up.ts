import { IsEmail, IsRFC3339, IsLocale, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import type { EventName, Fields } from './event.js';

/** Published by the signup service when a user has signed up. This event starts the flow. */
export class UserSignedUp {
  static readonly event: EventName = { name: 'user.signed-up', version: 1 };

  @IsUUID()
  readonly userId!: string;

  @IsEmail()
  readonly email!: string;

  @IsString()
  @Length(1, 100)
  readonly name!: string;

  /** Phone number in E.164 format: `+`, the country code and the number, with a maximum of 15 digits. */
  @IsOptional()
  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'phone must be an E.164 number such as +14155550123' })
  readonly phone?: string;

  /** BCP 47 language tag, such as `en` or `de-CH`. */
  @IsLocale()
  readonly locale!: string;

  /** Time in RFC 3339 format, with an offset. */
  @IsRFC3339()
  readonly signedUpAt!: string;

  constructor(fields: Fields<UserSignedUp>) {
    Object.assign(this, fields);
  }
}
