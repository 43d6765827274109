import { ArrayUnique, IsArray, IsRFC3339, IsString, IsUUID } from 'class-validator';
import type { EventName, Fields } from './event.js';

/** Published by the metadata-writer when fields of a user's metadata row have been written. */
export class UserMetadataRecorded {
  static readonly event: EventName = { name: 'user.metadata-recorded', version: 1 };

  @IsUUID()
  readonly userId!: string;

  /** Names of the fields that were written. */
  @IsArray()
  @ArrayUnique()
  @IsString({ each: true })
  readonly fields!: string[];

  /** Time in RFC 3339 format, with an offset. */
  @IsRFC3339()
  readonly recordedAt!: string;

  constructor(fields: Fields<UserMetadataRecorded>) {
    Object.assign(this, fields);
  }
}
