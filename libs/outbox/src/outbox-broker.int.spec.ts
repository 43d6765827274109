import { startBroker, type Broker } from '@app/embedded-broker';
import { CloudEventHeader, EVENTS_STREAM } from '@app/jetstream';
import { Store } from '@app/store';
import { describeStores, eventually, startScript, startTestBroker, type TestDatabase } from '@app/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { INestMicroservice } from '@nestjs/common';
import { inArray } from 'drizzle-orm';
import type { NoteWritten } from '../test/note-written.js';
import { Notebook, schema } from '../test/notebook.js';
import { startNotebookService, type NotebookServiceOptions } from '../test/notebook-service.js';
import { OutboxRelay } from './outbox-relay.js';
import { outbox } from './outbox-table.js';
import { Outbox } from './outbox.js';

const relayService = new URL('../test/relay-service.ts', import.meta.url);
