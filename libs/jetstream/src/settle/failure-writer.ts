import { JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { deadLetter } from './dead-letter.js';
import type { Delivery } from './delivery.js';
import { PublishTimeoutError } from '../errors.js';
import type { FailureError } from '../logging/failure-error.js';
import { failureStateMessage, type FailureStateName } from '../failures/failure-state.js';
import type { FailureReason } from '../events/event-failed.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxBody } from '../wire/payload-limits.js';
import type { ProcessorDeclaration } from '../declare/processor-options.js';
import { publishConfirmed } from '../client/publish-pipeline.js';

/** Milliseconds to go on trying where the stream of failures takes no more. */
const PATIENCE = 2_000;

export interface FailureWriterOptions {
  declaration: ProcessorDeclaration;
  connection: NatsConnection;
  /** Aborts when the service stops: publishing then gives up. */
  stopping: AbortSignal;
}

/** What a processor writes to the stream of failures. Everything here answers false where that stream is full. */
export class FailureWriter {
  constructor(private readonly options: FailureWriterOptions) {}

  /** Stores that the processor gives up on the event; where it was a replay, also that this has failed again. */
  async store(delivery: Delivery, error: FailureError, reason: FailureReason): Promise<boolean> {
    const { declaration, connection } = this.options;
    const failure = deadLetter(delivery, declaration, error, reason, maxBody(connection));
    return (await this.keep(failure)) && this.markReplayed(delivery, 'failed-again', failure.id);
  }

  /** Says of the failure event that was replayed what became of it; nothing where the delivery is no replay of one. */
  async markReplayed(delivery: Delivery, state: FailureStateName, failedAgainAs?: string): Promise<boolean> {
    const { failureId, replayId } = delivery;
    if (!failureId || !replayId) return true;
    const at = new Date().toISOString();
    const change = { failureId, state, at, replayId, ...(failedAgainAs ? { failedAgainAs } : {}) };
    const { processor, formerly } = this.options.declaration;
    const { failureProcessor = processor } = delivery;
    // It may mark the failures that it had under its former names, and no others.
    const owner = formerly.includes(failureProcessor) ? failureProcessor : processor;
    return this.keep(failureStateMessage(change, owner, processor, delivery.correlationId));
  }

  /** However long the broker is away. */
  private async keep(message: OutgoingMessage): Promise<boolean> {
    const { connection, stopping: signal } = this.options;
    for (;;) {
      try {
        await publishConfirmed(connection, message, { signal, timeout: PATIENCE });
        return true;
      } catch (error) {
        if (!(error instanceof PublishTimeoutError) || signal.aborted || connection.isClosed()) throw error;
        // The broker answers, and says no.
        if (error.cause instanceof JetStreamApiError) return false;
      }
    }
  }
}
