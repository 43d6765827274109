import { IsInt, IsOptional, IsString, Length } from 'class-validator';

/** Published when an author has written the `number`-th note. */
export class NoteWritten {
  static readonly event = { name: 'note.written', version: 2 };

  @IsString()
  @Length(1, 20)
  readonly author!: string;

  @IsInt()
  readonly number!: number;

  @IsOptional()
  @IsString()
  readonly text?: string;

  constructor(fields: { author: string; number: number; text?: string }) {
    Object.assign(this, fields);
  }
}
