/** The processor to generate, by names. */
export interface ProcessorChoice {
  /** The processor's name: `welcome-coupon`. */
  readonly name: string;
  readonly consumes: ConsumedChoice;
  /** The event that it publishes, which is created if it is unknown; undefined for none. */
  readonly publishes?: string | undefined;
  /** The existing app that it joins; undefined to create an app with the processor's name. */
  readonly app?: string | undefined;
  /** Creates an unknown event even if it is consumed, or if its name is close to a known one. */
  readonly newEvent?: boolean | undefined;
}

export type ConsumedChoice = { readonly event: string } | { readonly failuresOf: string };
