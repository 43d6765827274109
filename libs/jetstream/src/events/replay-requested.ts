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
  /** Processor whose failures are selected. For the replay of a channel, the processor that gets the events. */
  processor?: string;
  /** Name of the event whose failures are selected, such as `user.signed-up`. */
  event?: string;
  /** Class name of the error that caused the selected failures, such as `MessageRefusedError`. */
  error?: string;
  /** Selects failures or events that were stored at or after this time. */
  since?: Date;
  /** Selects failures or events that were stored before this time. */
  until?: Date;
}

/** Audit event of a replay, stored before the replay begins. */
export class ReplayRequested {
  static readonly event = { name: 'replay.requested', version: 1 };

  @IsUUID()
  readonly replayId!: string;

  /** Person or tool that requested the replay. */
  @IsString()
  @Length(1, 200)
  readonly by!: string;

  /** Reason for the replay. */
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;

  /** `failures` for a replay of failure events, or `channel` for a replay of a channel's time range. */
  @IsString()
  readonly of!: 'failures' | 'channel';

  @IsObject()
  readonly selection!: object;

  /** Number of events that were selected for the replay. */
  @IsInt()
  @Min(0)
  readonly count!: number;

  @IsRFC3339()
  readonly requestedAt!: string;

  /** True if the next events get new ids. Allowed only for the replay of a channel. */
  @IsOptional()
  @Equals(true)
  readonly asNew?: true;

  constructor(fields: ReplayRequested) {
    Object.assign(this, fields);
  }
}
