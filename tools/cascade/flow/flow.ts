interface Happening {
  /** The event's id; a generated id for a replay or retry. */
  readonly id: string;
  readonly causationId: string | undefined;
  /** The event's name; the subject of a failure, replay or retry. */
  readonly name: string;
  /** The publisher; undefined if the event does not name it. */
  readonly source: string | undefined;
  readonly time: Date;
  readonly stream: string;
  readonly sequence: number;
}

export interface FlowEvent extends Happening {
  readonly kind: 'event';
}

export interface FlowFailure extends Happening {
  readonly kind: 'failure';
  readonly processor: string;
  readonly reason: string;
  readonly attempts: number;
  readonly error: { readonly name: string; readonly message: string };
  /** State of the failure: `open` if it was not replayed. */
  readonly state: string;
}

export interface FlowReplay extends Happening {
  readonly kind: 'replay';
  readonly replayId: string | undefined;
  /** Consumers handle the next events as new ones. */
  readonly asNew: boolean;
}

/** A processor's next attempt is scheduled. */
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
    readonly events: number;
    readonly failures: number;
  };
}
