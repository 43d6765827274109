import { JetStreamApiError } from '@nats-io/jetstream';
import { deadLetter } from './dead-letter.js';
import type { Delivery } from './delivery.js';
import { PublishTimeoutError } from '../errors.js';
import type { FailureError } from '../logging/failure-error.js';
import { failureStateMessage, type FailureStateName } from '../failures/failure-state.js';
import type { FailureReason } from '../events/event-failed.js';
import type { RedeliveryOptions } from './redelivery.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxBody } from '../wire/payload-limits.js';
import { publishConfirmed } from '../client/publish-pipeline.js';

/** Time for which the publish is retried while the stream of failures is full, in milliseconds. */
const FULL_TIMEOUT_MS = 2_000;

/**
 * Writes to the stream of failures on behalf of a processor. Each method resolves to false if the stream of failures temporarily
 * refuses the message, usually because the stream is full.
 */
export class FailureWriter {
  constructor(private readonly options: Omit<RedeliveryOptions, 'clock'>) {}

  /**
   * Stores the failure event. If the delivery is a replay of a failure, also stores that the replayed failure has failed again.
   */
  async store(delivery: Delivery, error: FailureError, reason: FailureReason): Promise<boolean> {
    const { declaration, connection } = this.options;
    const failure = deadLetter(delivery, declaration, error, reason, maxBody(connection));
    return (await this.publish(failure)) && this.markReplayed(delivery, 'failed-again', failure.id);
  }

  /**
   * Stores the new state of the failure event that was replayed. If the delivery is not a replay of a failure, stores nothing and
   * resolves to true.
   */
  async markReplayed(delivery: Delivery, state: FailureStateName, failedAgainAs?: string): Promise<boolean> {
    const { failureId, replayId } = delivery;
    if (!failureId || !replayId) return true;
    const at = new Date().toISOString();
    const change = { failureId, state, at, replayId, ...(failedAgainAs ? { failedAgainAs } : {}) };
    const { processor, formerly } = this.options.declaration;
    const { failureProcessor = processor } = delivery;
    // A processor may mark only its own failures, including failures under its former names.
    const owner = formerly.includes(failureProcessor) ? failureProcessor : processor;
    return this.publish(failureStateMessage(change, owner, processor, delivery.correlationId));
  }

  /** Publishes a message, and keeps trying while the broker is unreachable. */
  private async publish(message: OutgoingMessage): Promise<boolean> {
    const { connection, stopping: signal } = this.options;
    for (;;) {
      try {
        await publishConfirmed(connection, message, { signal, timeout: FULL_TIMEOUT_MS });
        return true;
      } catch (error) {
        if (!(error instanceof PublishTimeoutError) || signal.aborted || connection.isClosed()) throw error;
        // The broker replied with a refusal, so the broker is reachable.
        if (error.cause instanceof JetStreamApiError) return false;
      }
    }
  }
}
