import { connect, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { CloudEventHeader, type EventFailed } from '@cascade/jetstream';
import { performance } from 'node:perf_hooks';
import { eventNameOf } from '../text/event-name.js';
import type { SeenEvent } from './flow.js';

/**
 * Records every event that is published after the recorder has started. The recorder subscribes to the channels as plain NATS
 * subjects, so it takes no event from a processor.
 */
export class FlowRecorder {
  private readonly seen: { event: Omit<SeenEvent, 'afterMs'>; at: number }[] = [];
  private onEvent: () => void = () => undefined;

  private constructor(private readonly connection: NatsConnection) {
    for (const subject of ['events.>', 'failed.>']) {
      connection.subscribe(subject, { callback: (error, message) => void (error ?? this.record(message)) });
    }
  }

  /** Subscribes to the channels. Resolves when the subscriptions are active, so that the recorder misses no later event. */
  static async start(natsUrl: string): Promise<FlowRecorder> {
    const connection = await connect({
      servers: natsUrl.split(','),
      name: 'demo',
      timeout: 3_000,
      reconnect: false,
    });
    const recorder = new FlowRecorder(connection);
    await connection.flush();
    return recorder;
  }

  /** Returns the recorded events of a flow, in order. Times count from `since`, which is a value of `performance.now()`. */
  flow(correlationId: string, since: number): SeenEvent[] {
    return this.seen
      .filter(({ event }) => event.correlationId === correlationId)
      .map(({ event, at }) => ({ ...event, afterMs: at - since }));
  }

  /**
   * Calls `isDone` immediately and after each recorded event. Resolves to true when `isDone` returns true, or to false after the
   * timeout.
   */
  async wait(isDone: () => boolean, timeoutMs: number): Promise<boolean> {
    const done = new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.onEvent = () => {
        if (!isDone()) return;
        clearTimeout(timer);
        resolve(true);
      };
    });
    this.onEvent();
    return done;
  }

  async stop(): Promise<void> {
    await this.connection.close();
  }

  private record(message: Msg): void {
    const headers = headersOf(message);
    const header = (name: string) => headers?.get(name) || undefined;
    const isFailure = message.subject.startsWith('failed.');
    this.seen.push({
      at: performance.now(),
      event: {
        id: header(CloudEventHeader.id) ?? '',
        name: eventNameOf(message.subject),
        source: header(CloudEventHeader.source) ?? '',
        correlationId: header(CloudEventHeader.correlationId) ?? '',
        causationId: header(CloudEventHeader.causationId),
        ...(isFailure ? { failure: reasonIn(message) } : {}),
      },
    });
    this.onEvent();
  }
}

/**
 * Returns the headers of a message; undefined if the headers cannot be parsed. The client throws an error for such headers, and
 * an error in a callback would end the subscription.
 */
function headersOf(message: Msg): MsgHdrs | undefined {
  try {
    return message.headers;
  } catch {
    return undefined;
  }
}

function reasonIn(message: Msg): string {
  try {
    const { error, attempts } = message.json<EventFailed>();
    return `${error.name}: ${error.message} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'})`;
  } catch {
    return 'for an unknown reason';
  }
}
