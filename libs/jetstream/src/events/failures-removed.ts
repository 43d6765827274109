import { IsInt, IsObject, IsOptional, IsRFC3339, IsString, IsUUID, Length, Min } from 'class-validator';

/** Somebody removes failure events from their stream. The audit line of a removal, stored before it begins. */
export class FailuresRemoved {
  static readonly event = { name: 'failures.removed', version: 1 };

  @IsUUID()
  readonly removalId!: string;

  /** Who removes them. */
  @IsString()
  @Length(1, 200)
  readonly by!: string;

  /** Why. */
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;

  @IsObject()
  readonly selection!: object;

  /** Failure events that the selection held at that moment, and their bytes. */
  @IsInt()
  @Min(0)
  readonly count!: number;

  @IsInt()
  @Min(0)
  readonly bytes!: number;

  /** Where they were saved before; absent if they were not. */
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  readonly savedTo?: string;

  @IsRFC3339()
  readonly removedAt!: string;

  constructor(fields: FailuresRemoved) {
    Object.assign(this, fields);
  }
}
