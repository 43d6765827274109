/** What somebody wants generated. */
export interface ProcessorChoice {
  /** Of the processor: `welcome-coupon`. */
  readonly name: string;
  readonly consumes: ConsumedChoice;
  /** The event that it answers with; undefined for none. One that is not known is created. */
  readonly publishes?: string | undefined;
  /** The app that it becomes a part of; undefined for one of its own, of its name. */
  readonly app?: string | undefined;
  /** An event that is not known is meant: it is created also where it is consumed, or looks like a known one. */
  readonly newEvent?: boolean | undefined;
}

/** An event, or what another processor gave up on. */
export type ConsumedChoice = { readonly event: string } | { readonly failuresOf: string };
