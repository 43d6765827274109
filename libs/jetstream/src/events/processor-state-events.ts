import { IsInt, IsObject, IsOptional, IsRFC3339, IsString, Min } from 'class-validator';
import type { FailureError } from '../logging/failure-error.js';

/** A processor stopped taking events because nearly everything failed. Published by the transport. */
export class ProcessorPaused {
  static readonly event = { name: 'processor.paused', version: 1 };

  @IsString()
  readonly processor!: string;

  @IsRFC3339()
  readonly pausedAt!: string;

  /** Different events that failed in a row. */
  @IsInt()
  @Min(1)
  readonly failures!: number;

  /** What the last of them failed with. */
  @IsObject()
  readonly error!: Pick<FailureError, 'name' | 'message'>;

  /**
   * A subject with a subscriber for as long as this replica is paused. A request to it has no responders once the pause is over,
   * also where the process ended and nobody could tell.
   */
  @IsOptional()
  @IsString()
  readonly presence?: string;

  constructor(fields: ProcessorPaused) {
    Object.assign(this, fields);
  }
}

/** A paused processor takes events again: a probe succeeded. Published by the transport. */
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
