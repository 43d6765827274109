import { eventually } from '@cascade/testing';
import { CloudEventHeader } from '@cascade/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { performance } from 'node:perf_hooks';

/** Subjects of the final events of a signup. */
const FINAL_SUBJECTS = ['events.notification.sent', 'events.user.metadata-recorded'];

/** Records the arrival times of the final events of each flow. */
export class FlowWatch {
  /** Arrival time of the first event, by correlation id and subject. Times are values of `performance.now()`. */
  private readonly seen = new Map<string, Map<string, number>>();
  private completed = 0;

  static async start(connection: NatsConnection): Promise<FlowWatch> {
    const watch = new FlowWatch();
    for (const subject of FINAL_SUBJECTS) {
      connection.subscribe(subject, { callback: (_error, message) => watch.note(message) });
    }
    await connection.flush();
    return watch;
  }

  /** Number of flows whose final events have both arrived. */
  get complete(): number {
    return this.completed;
  }

  completedAt(correlationId: string): number {
    return Math.max(...(this.seen.get(correlationId)?.values() ?? []));
  }

  async untilComplete(count: number): Promise<void> {
    const check = () => {
      if (this.completed < count) throw new Error(`${this.completed} of ${count} flows are complete`);
    };
    await eventually(check, { timeout: 120_000, interval: 5 });
  }

  private note(message: Msg): void {
    const correlationId = message.headers?.get(CloudEventHeader.correlationId) ?? '';
    const flow = this.seen.get(correlationId) ?? new Map<string, number>();
    this.seen.set(correlationId, flow);
    if (flow.has(message.subject)) return;
    flow.set(message.subject, performance.now());
    if (flow.size === FINAL_SUBJECTS.length) this.completed += 1;
  }
}
