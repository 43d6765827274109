import {
  Equals,
  IsInt,
  IsObject,
  IsOptional,
  IsRFC3339,
  IsString,
  IsUUID,
  Length,
  Min,
} from 'class-validator';

/** What a replay takes, as it was asked for. */
export interface ReplaySelection {
  /** Ids of failure events. */
  failureIds?: readonly string[];
  /** Failures of this processor; with `channel`, the processor that gets the events. */
  processor?: string;
  /** Failures of this event, such as `user.signed-up`. */
  event?: string;
  /** Failures with this class of error, such as `MessageRefusedError`. */
  error?: string;
  /** Failures or events stored at or after this time. */
  since?: Date;
  /** Failures or events stored before this time. */
  until?: Date;
}

/** Somebody asked for stored events to be handled again. The audit line of a replay, stored before it begins. */
export class ReplayRequested {
  static readonly event = { name: 'replay.requested', version: 1 };

  @IsUUID()
  readonly replayId!: string;

  /** Who asked for it. */
  @IsString()
  @Length(1, 200)
  readonly by!: string;

  /** Why. */
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;

  /** `failures`, or `channel` for a time range of an event channel. */
  @IsString()
  readonly of!: 'failures' | 'channel';

  @IsObject()
  readonly selection!: object;

  /** Events that the selection held at that moment. */
  @IsInt()
  @Min(0)
  readonly count!: number;

  @IsRFC3339()
  readonly requestedAt!: string;

  /** What the processor returns is new to those downstream. Only for a channel. */
  @IsOptional()
  @Equals(true)
  readonly asNew?: true;

  constructor(fields: ReplayRequested) {
    Object.assign(this, fields);
  }
}
