import { IsInt, IsObject, IsOptional, IsRFC3339, IsString, Min } from 'class-validator';
import type { FailureError } from '../logging/failure-error.js';

/** A processor paused because nearly everything failed. Published by the transport. */
export class ProcessorPaused {
  static readonly event = { name: 'processor.paused', version: 1 };

  @IsString()
  readonly processor!: string;

  @IsRFC3339()
  readonly pausedAt!: string;

  /** Number of different events that failed in a row. */
  @IsInt()
  @Min(1)
  readonly failures!: number;

  /** The error of the last event that failed. */
  @IsObject()
  readonly error!: Pick<FailureError, 'name' | 'message'>;

  /**
   * A subject with a subscriber for as long as this replica is paused. After the pause, or after a crash of the process, a request to
   * it has no responders.
   */
  @IsOptional()
  @IsString()
  readonly presence?: string;

  constructor(fields: ProcessorPaused) {
    Object.assign(this, fields);
  }
}

/** A paused processor resumed because a probe succeeded. Published by the transport. */
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
