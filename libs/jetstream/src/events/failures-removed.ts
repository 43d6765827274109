import { IsInt, IsObject, IsOptional, IsRFC3339, IsString, IsUUID, Length, Min } from 'class-validator';

/** Audit event of a removal of failure events, stored before the removal begins. */
export class FailuresRemoved {
  static readonly event = { name: 'failures.removed', version: 1 };

  @IsUUID()
  readonly removalId!: string;

  /** Person or tool that removes the failures. */
  @IsString()
  @Length(1, 200)
  readonly by!: string;

  /** Reason for the removal. */
  @IsString()
  @Length(1, 1_000)
  readonly reason!: string;

  @IsObject()
  readonly selection!: object;

  /** Number of failure events that were selected for the removal. */
  @IsInt()
  @Min(0)
  readonly count!: number;

  /** Size of the selected failure events, in bytes. */
  @IsInt()
  @Min(0)
  readonly bytes!: number;

  /** Place where the failure events were saved before the removal; absent if the failure events were not saved. */
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
