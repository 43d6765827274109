import { Consumes, EventContext } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsString } from 'class-validator';
import { Inbox } from '../src/inbox/inbox.js';
import { NoteWritten } from './note-written.js';

/** Published when an author has drafted a note. */
export class NoteDrafted {
  static readonly event = { name: 'note.drafted', version: 1 };

  @IsString()
  readonly by!: string;
}

/**
 * Processor that publishes the notes for the processor `filing`. The notes have a wrong author until a spec replaces `authorOf`.
 * This processor also uses the inbox.
 */
@Controller()
export class Drafting {
  authorOf: (by: string) => string = () => 'nobody';
  /** Called after the commit, before the transport publishes. */
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
