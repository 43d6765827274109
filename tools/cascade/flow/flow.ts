interface Happening {
  /** Of the event; of a replay or a retry, one of its own. */
  readonly id: string;
  readonly causationId: string | undefined;
  /** The event's name; of a failure, a replay and a retry its subject. */
  readonly name: string;
  /** Who published it; undefined where the publisher did not say. */
  readonly source: string | undefined;
  /** When it was stored. */
  readonly time: Date;
  readonly stream: string;
  readonly sequence: number;
}

export interface FlowEvent extends Happening {
  readonly kind: 'event';
}

/** A processor gave up on an event. */
export interface FlowFailure extends Happening {
  readonly kind: 'failure';
  readonly processor: string;
  readonly reason: string;
  readonly attempts: number;
  readonly error: { readonly name: string; readonly message: string };
  /** What became of it: `open` where nobody replayed it. */
  readonly state: string;
}

/** An event was handed to a processor again. */
export interface FlowReplay extends Happening {
  readonly kind: 'replay';
  readonly replayId: string | undefined;
  /** What followed was new to all downstream. */
  readonly asNew: boolean;
}

/** A processor waits for another attempt. */
export interface FlowRetry extends Happening {
  readonly kind: 'retry';
  /** The number of that attempt. */
  readonly attempt: number;
  readonly due: Date | undefined;
}

export type FlowStep = FlowEvent | FlowFailure | FlowReplay | FlowRetry;

/** Everything that shares a correlation id, oldest first. */
export interface Flow {
  readonly correlationId: string;
  readonly steps: readonly FlowStep[];
  readonly searched: {
    readonly since: Date;
    /** Events and replays that were looked at. */
    readonly events: number;
    readonly failures: number;
  };
}
