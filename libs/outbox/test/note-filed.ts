import { IsInt, IsString } from 'class-validator';

/** Published when a note has been filed at a place. */
export class NoteFiled {
  static readonly event = { name: 'note.filed', version: 1 };

  @IsString()
  readonly author!: string;

  @IsInt()
  readonly number!: number;

  @IsString()
  readonly place!: string;

  constructor(fields: { author: string; number: number; place: string }) {
    Object.assign(this, fields);
  }
}
