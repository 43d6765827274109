import { IsEmail, IsRFC3339, IsLocale, IsOptional, IsString, IsUUID, Length, Matches } from 'class-validator';
import type { EventName, Fields } from './event.js';

/** A user signed up. Initiating event, published by the signup service. */
export class UserSignedUp {
  static readonly event: EventName = { name: 'user.signed-up', version: 1 };

  @IsUUID()
  readonly userId!: string;

  @IsEmail()
  readonly email!: string;

  @IsString()
  @Length(1, 100)
  readonly name!: string;

  /** E.164: `+`, country code, number; at most 15 digits. */
  @IsOptional()
  @Matches(/^\+[1-9]\d{6,14}$/, { message: 'phone must be an E.164 number such as +14155550123' })
  readonly phone?: string;

  /** BCP 47 language tag, such as `en` or `de-CH`. */
  @IsLocale()
  readonly locale!: string;

  /** RFC 3339 time with offset. */
  @IsRFC3339()
  readonly signedUpAt!: string;

  constructor(fields: Fields<UserSignedUp>) {
    Object.assign(this, fields);
  }
}
