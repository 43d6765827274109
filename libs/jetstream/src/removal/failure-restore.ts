import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { originalIfThere, type ArchivedFailure } from './archived-failure.js';
import type { JetStreamConnection } from '../client/connection.js';
import { encodeFailure, type EventFailed } from '../events/event-failed.js';
import { newEventId } from '../wire/event-ids.js';
import { FailureReader } from '../failures/failure-reader.js';
import { failureStateMessage } from '../failures/failure-state.js';
import { isOvertaken } from '../replay/failure-replay.js';
import { FAILURES_STREAM } from '../wire/names.js';
import { OutgoingHeaders } from '../wire/outgoing-headers.js';
import type { OutgoingMessage } from '../wire/outgoing-message.js';
import { maxBody } from '../wire/payload-limits.js';
import { pipelineOf } from '../client/publish-pipeline.js';
import { CONFIRMED_WITHIN } from '../replay/replay-message.js';
import type { RunOptions } from '../replay/replay-options.js';
import { envelopeOf } from '../wire/stored-envelope.js';
import { readStream } from '../client/stream-reader.js';

export interface RestoreProgress {
  restored: number;
  /** Number of failures that were already in the stream. */
  skipped: number;
}

export interface RestoreResult extends RestoreProgress {
  /** True if `signal` stopped the restore before its end. */
  stopped: boolean;
}

export type RestoreOptions = Pick<RunOptions<RestoreProgress>, 'onProgress' | 'signal'>;

/** Puts archived failure events back into their stream, with their former ids. */
export class FailureRestore {
  private readonly archive: FailureReader;

  constructor(private readonly connection: JetStreamConnection) {
    this.archive = new FailureReader(connection);
  }

  /**
   * Restores failures that are not in the stream, so a restore may be repeated after an interruption. Processors that consume
   * these failures receive the restored failures like new failures.
   *
   * @throws PublishTimeoutError if the stream is full, or if the broker is unreachable for 10 s
   */
  async restore(
    failures: AsyncIterable<ArchivedFailure>,
    { onProgress, signal }: RestoreOptions = {},
  ): Promise<RestoreResult> {
    const known = await this.ids();
    const manager = await jetstreamManager(await this.connection.get(), { checkAPI: false });
    const progress = { restored: 0, skipped: 0 };
    for await (const archived of failures) {
      if (signal?.aborted) return { ...progress, stopped: true };
      if (known.has(archived.id)) progress.skipped += 1;
      else {
        await this.restoreOne(manager, archived);
        known.add(archived.id);
        progress.restored += 1;
      }
      onProgress?.({ ...progress });
    }
    return { ...progress, stopped: false };
  }

  private async ids(): Promise<Set<string>> {
    const ids = new Set<string>();
    const selection = { stream: FAILURES_STREAM, subjects: ['failed.>'], headersOnly: true };
    for await (const message of readStream(await this.connection.get(), selection))
      ids.add(envelopeOf(message).id);
    return ids;
  }

  /**
   * Stores the state before the failure event. Without its state, the failure would be open for a moment and could be replayed.
   */
  private async restoreOne(manager: JetStreamManager, archived: ArchivedFailure): Promise<void> {
    await this.restoreState(manager, archived);
    const failure = await this.withOriginal(archived);
    const limit = maxBody(await this.connection.get());
    await this.put(manager, {
      subject: archived.subject,
      headers: headersOf(archived),
      body: encodeFailure(failure, limit),
      id: `restored.${archived.id}`,
    });
  }

  /** Restores the archived state, unless the stream already has a state of this failure. */
  private async restoreState(manager: JetStreamManager, { id, failure, state, headers }: ArchivedFailure) {
    if (!state) return;
    const correlationId = headers['ce-correlationid']?.[0] || id;
    const message = failureStateMessage(state, failure.processor, 'restore', correlationId, 0);
    try {
      await this.put(manager, { ...message, id: `restored-state.${id}` });
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }

  /** Adds the original event to the failure event, if the original's stream no longer has the original event. */
  private async withOriginal({ failure, original }: ArchivedFailure): Promise<EventFailed> {
    if (!original || (await originalIfThere(this.archive, failure))) return failure;
    const { headers, body } = original;
    return { ...failure, original: { ...failure.original, headers, body } } as EventFailed;
  }

  /**
   * Publishes a message. If the broker drops the message as a duplicate of a removed message, publishes it again with another id.
   */
  private async put(manager: JetStreamManager, message: OutgoingMessage): Promise<void> {
    const pipeline = pipelineOf(await this.connection.get());
    const { duplicate, seq } = await pipeline.publish(message, CONFIRMED_WITHIN);
    if (!duplicate || (await manager.streams.getMessage(FAILURES_STREAM, { seq }))) return;
    await pipeline.publish({ ...message, id: `${message.id}.${newEventId()}` }, CONFIRMED_WITHIN);
  }
}

/** Returns the headers of the failure event, without headers on which the server would act. */
function headersOf({ headers }: ArchivedFailure): OutgoingHeaders {
  const outgoing = new OutgoingHeaders();
  for (const [name, values] of Object.entries(headers)) {
    if (!/^nats-/i.test(name)) for (const value of values) outgoing.add(name, value);
  }
  return outgoing;
}
