import { IsInt, IsString, Length } from 'class-validator';

/** The `number`-th note of an author. */
export class NoteWritten {
  static readonly event = { name: 'note.written', version: 2 };

  @IsString()
  @Length(1, 20)
  readonly author!: string;

  @IsInt()
  readonly number!: number;

  constructor(fields: { author: string; number: number }) {
    Object.assign(this, fields);
  }
}
