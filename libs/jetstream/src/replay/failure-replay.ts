import { jetstreamManager, JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { publishConfirmed } from '../client/publish-pipeline.js';
import { PublishRefusedError } from '../errors.js';
import type { FailureReader } from '../failures/failure-reader.js';
import { failureStateMessage, type FailureState } from '../failures/failure-state.js';
import { EVENTS_STREAM, TransportHeader } from '../wire/names.js';
import { CONFIRMED_WITHIN, publishReplay } from './replay-message.js';
import type { ReplayOptions } from './replay-options.js';
import type { ReplaySelection } from '../events/replay-requested.js';
import type { StoredFailure } from '../failures/stored-failure.js';

/** Returns true if a failure is to be replayed, according to its state and the selection. */
export type IsOpen = (failure: Pick<StoredFailure, 'id' | 'state'>) => boolean;

export function openIn(
  { failureIds = [] }: Pick<ReplaySelection, 'failureIds'>,
  { again = false }: Pick<ReplayOptions, 'again'>,
): IsOpen {
  return ({ id, state }) => {
    if (state?.state === 'handled') return false;
    if (state?.state === 'requested') return again;
    // The newer failure event is replayed in place of this failure, unless the selection names only this failure.
    const newer = state?.failedAgainAs;
    return !newer || (failureIds.includes(id) && !failureIds.includes(newer));
  };
}

/** Replays failures one by one. Each failure is replayed only once, even if other replays select it at the same time. */
export class FailureReplay {
  constructor(
    private readonly connection: NatsConnection,
    private readonly archive: FailureReader,
    private readonly replayId: string,
    private readonly isOpen: IsOpen,
  ) {}

  /**
   * Publishes the replay before marking the failure as requested. If the process crashes in between, the failure stays open. The
   * message id is derived from the failure's state, so the broker stores only one of several concurrent replays.
   *
   * @returns true if this replay delivered the failure; false if another replay delivered it, or if the failure is not open
   */
  async replay(stored: StoredFailure): Promise<boolean> {
    const { id: failureId, failure, event } = stored;
    // Another replay may have changed the state since the selection was read.
    const { processor, original, asNew } = failure;
    const { state, sequence } = await this.archive.stateOf(processor, failureId);
    if (!this.isOpen({ id: failureId, state })) return false;
    const whole = await this.archive.original(failure);
    const replayed = { processor, event, whole, original, replayId: this.replayId, failureId, asNew };
    const ack = await publishReplay(this.connection, replayed, `replay.${failureId}.${sequence}`);
    const deliveredBy = ack.duplicate ? await this.replayAt(ack.seq) : this.replayId;
    await this.markRequested(stored, sequence, deliveredBy);
    return deliveredBy === this.replayId;
  }

  /**
   * Returns the id of the replay that stored an existing message; an empty string if the message no longer exists. If a
   * confirmation was lost, this replay itself may have stored the message.
   */
  private async replayAt(seq: number): Promise<string> {
    const { streams } = await jetstreamManager(this.connection, { checkAPI: false });
    const message = await streams.getMessage(EVENTS_STREAM, { seq });
    return message?.header.get(TransportHeader.replayId) ?? '';
  }

  /** Marks the failure as requested, unless the processor has already stored a newer state. */
  private async markRequested(
    { id: failureId, correlationId, failure: { processor } }: StoredFailure,
    sequence: number,
    replayId: string,
  ): Promise<void> {
    const state: FailureState = { failureId, state: 'requested', at: new Date().toISOString(), replayId };
    const message = failureStateMessage(state, processor, 'replay', correlationId, sequence);
    try {
      await publishConfirmed(this.connection, message, CONFIRMED_WITHIN);
    } catch (error) {
      if (!isOvertaken(error)) throw error;
    }
  }
}

/** Returns true if the broker refused a state because the subject has a newer state. */
export function isOvertaken(error: unknown): boolean {
  const cause = error instanceof PublishRefusedError ? error.cause : undefined;
  const codes: number[] = [
    JetStreamApiCodes.StreamWrongLastSequence,
    JetStreamApiCodes.StreamWrongLastSequenceUnknown,
  ];
  return cause instanceof JetStreamApiError && codes.includes(cause.code);
}
