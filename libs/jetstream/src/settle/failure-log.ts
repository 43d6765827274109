import { Logger } from '@nestjs/common';
import type { Delivery } from './delivery.js';
import { describeError, nameError, type FailureError } from '../logging/failure-error.js';
import { GroupedLog, type Level } from '../logging/grouped-log.js';
import { errorText, lineOf } from '../logging/log-text.js';
import { FAILURES_STREAM } from '../wire/names.js';
import type { FailureReason } from '../events/event-failed.js';

/** Logs the failures of a processor. Each line names the event and its flow. */
export class FailureLog {
  private readonly log: GroupedLog;

  /** @param stopping aborts when the processor has stopped. The counts of the last minute are then logged. */
  constructor(processor: string, stopping: AbortSignal) {
    this.log = new GroupedLog(new Logger(processor));
    stopping.addEventListener('abort', () => this.log.end(), { once: true });
  }

  /** @param delay time until the next attempt, in milliseconds */
  retried(delivery: Delivery, error: unknown, attempts: number, delay: number): void {
    this.report('warn', 'failed and are retried', delivery, nameError(error).name, (event) => {
      const seconds = (delay / 1_000).toFixed(1);
      const attempt = `attempt ${delivery.attempt} of ${attempts}`;
      // The error is described only if the line is logged, because building a stack is slow.
      return `${event} failed at ${attempt}, next in ${seconds} s: ${errorText(describeError(error))}`;
    });
  }

  deadLettered(delivery: Delivery, error: FailureError, reason: FailureReason): void {
    this.report('error', 'dead-lettered', delivery, error.name, (event) => {
      return `${event} dead-lettered, ${reason}: ${errorText(error)}`;
    });
  }

  /** @param delay time until the event is redelivered, in milliseconds */
  postponed(delivery: Delivery, delay: number): void {
    this.report('error', 'requeued', delivery, `${FAILURES_STREAM} is full`, (event) => {
      const remedy = 'Make room there with `node cascade failures archive`, or raise its max_bytes';
      return `${event} requeued for ${delay / 1_000} s: the stream ${FAILURES_STREAM} is full. ${remedy}.`;
    });
  }

  unsettled(delivery: Delivery, error: unknown): void {
    const named = nameError(error);
    this.report('error', 'could not be settled', delivery, named.name, (event) => {
      return `${event} could not be settled and will be redelivered: ${errorText(named)}`;
    });
  }

  failedAfterwards(delivery: Delivery, error: unknown): void {
    const named = nameError(error);
    this.report('error', 'were settled before something failed', delivery, named.name, (event) => {
      return `${event} was settled, and a later step failed: ${errorText(named)}`;
    });
  }

  outageFailed(delivery: Delivery, fault: unknown): void {
    this.report('error', 'made `outage` fail', delivery, nameError(fault).name, (event) => {
      return `\`outage\` itself failed for ${event}, so the error does not count as an outage: ${errorText(describeError(fault))}`;
    });
  }

  private report(
    level: Level,
    what: string,
    { eventId, correlationId }: Delivery,
    name: string,
    line: (event: string) => string,
  ): void {
    const event = `event ${lineOf(eventId)} of flow ${lineOf(correlationId)}`;
    this.log.report({ level, what, name: lineOf(name), event }, () => line(event));
  }
}
