import { JetStreamModule, type JetStreamOptions } from '@cascade/jetstream';
import { StoreModule } from '@cascade/store';
import { createMicroservice } from '@cascade/testing';
import type { INestMicroservice } from '@nestjs/common';
import type { OutboxOptions } from '../src/outbox/outbox-relay.js';
import { OutboxModule } from '../src/outbox/outbox.module.js';
import { NoteWritten } from './note-written.js';
import { schema } from './notebook.js';

export interface NotebookServiceOptions {
  store: { databaseUrl?: string | undefined; dataDir: string; migrations: string };
  broker: Pick<JetStreamOptions, 'servers' | 'streams' | 'provision'>;
  outbox?: OutboxOptions;
}

/** Starts a service with an outbox. The service is composed like an app. */
export async function startNotebookService({
  store,
  broker,
  outbox,
}: NotebookServiceOptions): Promise<INestMicroservice> {
  const module = {
    module: class NotebookModule {},
    imports: [
      JetStreamModule.forRoot({ source: 'notebook', publishes: [NoteWritten], ...broker }),
      StoreModule.forRoot({ schema, ...store }),
      OutboxModule.forRoot(outbox),
    ],
  };
  const service = await createMicroservice(module);
  await service.listen();
  return service;
}
