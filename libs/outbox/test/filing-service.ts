import { Consumes, ConsumesFailure, EventContext, JetStreamModule } from '@cascade/jetstream';
import { StoreModule } from '@cascade/store';
import { createMicroservice } from '@cascade/testing';
import { Controller, type INestMicroservice, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { randomUUID } from 'node:crypto';
import { Inbox } from '../src/inbox/inbox.js';
import { InboxModule, type InboxOptions } from '../src/inbox/inbox.module.js';
import { inbox } from '../src/inbox/inbox-table.js';
import { NoteFiled } from './note-filed.js';
import { NoteWritten } from './note-written.js';
import type { NotebookServiceOptions } from './notebook-service.js';

/** Table with a row for each time that a note was filed. */
export const places = pgTable('places', { place: uuid().primaryKey(), author: text().notNull() });
export const filingSchema = { places, inbox };

/** Files notes, and calls the hooks of a spec. */
@Controller()
export class Filing {
  /** Called in the transaction, after the writes. */
  duringWork: (note: NoteWritten) => Promise<void> | void = () => undefined;
  /** Called after the commit, before the transport publishes and acknowledges. */
  afterWork: (note: NoteWritten) => Promise<void> | void = () => undefined;
  /** Ids of the handled events. An id is added each time that the inbox returns. */
  readonly handled: string[] = [];
  /** Creates the result of the work. */
  result: (filed: NoteFiled) => NoteFiled | NoteFiled[] | undefined = (filed) => filed;

  constructor(private readonly inbox: Inbox<typeof filingSchema>) {}

  @Consumes(NoteWritten, {
    processor: 'filing',
    publishes: [NoteFiled],
    concurrency: 4,
    attempts: 2,
    backoff: 10,
    ackWait: 1_000,
    pause: false,
  })
  async file(@Payload() note: NoteWritten, @Ctx() context: EventContext) {
    const { author, number } = note;
    const filed = await this.inbox.once(context, async (tx) => {
      const place = randomUUID();
      await tx.insert(places).values({ place, author });
      await this.duringWork(note);
      return this.result(new NoteFiled({ author, number, place }));
    });
    this.handled.push(context.eventId);
    await this.afterWork(note);
    return filed;
  }
}

/** Consumes failures, which are kept for longer than events. */
@Controller()
export class Complaints {
  @ConsumesFailure(NoteWritten, { of: 'filing', processor: 'complaints' })
  take(): void {}
}

export interface FilingServiceOptions extends Omit<NotebookServiceOptions, 'outbox'> {
  inbox?: InboxOptions;
  controllers?: Type[];
}

/** Starts a service with an inbox. The service is composed like an app. */
export async function startFilingService({
  store,
  broker,
  inbox,
  controllers = [Filing],
}: FilingServiceOptions): Promise<INestMicroservice> {
  const module = {
    module: class FilingModule {},
    imports: [
      JetStreamModule.forRoot({ source: 'filing', ...broker }),
      StoreModule.forRoot({ schema: filingSchema, ...store }),
      InboxModule.forRoot(inbox),
    ],
    controllers,
  };
  const service = await createMicroservice(module);
  try {
    await service.listen();
  } catch (error) {
    await service.close();
    throw error;
  }
  return service;
}
