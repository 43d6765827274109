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

/** Selection of the events to replay. */
export interface ReplaySelection {
  /** Ids of failure events. */
  failureIds?: readonly string[];
  /** Failures of this processor. For the replay of a channel, the processor that gets the events. */
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

/** Audit event of a replay, stored before the replay begins. */
export class ReplayRequested {
  static readonly event = { name: 'replay.requested', version: 1 };

  @IsUUID()
  readonly replayId!: string;

  /** Who asked for the replay. */
  @IsString()
  @Length(1, 200)
  readonly by!: string;

  /** The reason. */
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;

  /** `failures`, or `channel` for a time range of an event channel. */
  @IsString()
  readonly of!: 'failures' | 'channel';

  @IsObject()
  readonly selection!: object;

  /** Number of events that were selected at that time. */
  @IsInt()
  @Min(0)
  readonly count!: number;

  @IsRFC3339()
  readonly requestedAt!: string;

  /** True if the events that the processor returns get new ids. Only for a channel. */
  @IsOptional()
  @Equals(true)
  readonly asNew?: true;

  constructor(fields: ReplayRequested) {
    Object.assign(this, fields);
  }
}
