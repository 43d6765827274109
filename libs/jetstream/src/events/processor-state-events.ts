import { IsInt, IsObject, IsOptional, IsRFC3339, IsString, Min } from 'class-validator';
import type { FailureError } from '../logging/failure-error.js';

/** Published by the transport when a processor pauses after a run of failures or because of an outage. */
export class ProcessorPaused {
  static readonly event = { name: 'processor.paused', version: 1 };

  @IsString()
  readonly processor!: string;

  @IsRFC3339()
  readonly pausedAt!: string;

  /** Number of different events that failed before the pause, without a success in between. */
  @IsInt()
  @Min(1)
  readonly failures!: number;

  /** Error of the last event that failed. */
  @IsObject()
  readonly error!: Pick<FailureError, 'name' | 'message'>;

  /**
   * Subject that has a subscriber for as long as this replica is paused. After the pause, or after a crash of the process, a
   * request to the subject has no responder.
   */
  @IsOptional()
  @IsString()
  readonly presence?: string;

  constructor(fields: ProcessorPaused) {
    Object.assign(this, fields);
  }
}

/** Published by the transport when a paused processor resumes because a probe has succeeded. */
export class ProcessorResumed {
  static readonly event = { name: 'processor.resumed', version: 1 };

  @IsString()
  readonly processor!: string;

  @IsRFC3339()
  readonly pausedAt!: string;

  @IsRFC3339()
  readonly resumedAt!: string;

  constructor(fields: ProcessorResumed) {
    Object.assign(this, fields);
  }
}
