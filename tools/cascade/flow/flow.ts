interface Happening {
  /** Id of the event or failure event; a generated id for a replay or retry. */
  readonly id: string;
  readonly causationId: string | undefined;
  /** Name of the event; the subject of a failure or replay; `retry.<processor>` for a retry. */
  readonly name: string;
  /**
   * Publisher of the event; undefined if the event does not name its publisher. For a failure, replay or retry, the processor.
   */
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
  /** State of the failure; `open` before a replay. */
  readonly state: string;
}

export interface FlowReplay extends Happening {
  readonly kind: 'replay';
  readonly replayId: string | undefined;
  /** True for an as-new replay, whose next events get new ids. */
  readonly asNew: boolean;
}

/** A scheduled attempt of a processor. */
export interface FlowRetry extends Happening {
  readonly kind: 'retry';
  /** Number of the scheduled attempt. */
  readonly attempt: number;
  readonly due: Date | undefined;
}

export type FlowStep = FlowEvent | FlowFailure | FlowReplay | FlowRetry;

/** All events, failures, replays and waiting retries that share a correlation id, oldest first. */
export interface Flow {
  readonly correlationId: string;
  readonly steps: readonly FlowStep[];
  readonly searched: {
    readonly since: Date;
    readonly events: number;
    readonly failures: number;
  };
}
