import { Consumes, EventContext } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { Inbox } from '../src/inbox/inbox.js';
import { NoteWritten } from './note-written.js';

/** An author drafted a note. */
export class NoteDrafted {
  static readonly event = { name: 'note.drafted', version: 1 };

  @IsString()
  readonly by!: string;
}

/** A processor upstream of the one that files notes. It is wrong until a spec corrects it, and has an inbox too. */
@Controller()
export class Drafting {
  authorOf: (by: string) => string = () => 'nobody';
  /** After the commit, before the transport publishes. */
  afterWork: () => void = () => undefined;

  constructor(private readonly inbox: Inbox) {}

  @Consumes(NoteDrafted, {
    processor: 'drafting',
    publishes: [NoteWritten],
    attempts: 1,
    pause: false,
  })
  async write(@Payload() { by }: NoteDrafted, @Ctx() context: EventContext): Promise<NoteWritten> {
    const written = await this.inbox.once(context, async () => {
      return new NoteWritten({ author: this.authorOf(by), number: 1 });
    });
    this.afterWork();
    return written;
  }
}
