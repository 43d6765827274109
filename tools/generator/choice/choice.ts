/** Choices of a user who generates a processor. */
export interface ProcessorChoice {
  /** The processor's name: `welcome-coupon`. */
  readonly name: string;
  readonly consumes: ConsumedChoice;
  /** Event that the processor publishes; undefined if it publishes nothing. An unknown event is created. */
  readonly publishes?: string | undefined;
  /** Existing app that the processor joins; undefined to create an app with the processor's name. */
  readonly app?: string | undefined;
  /** True to create an unknown event even if the processor consumes it, or if its name resembles a known name. */
  readonly newEvent?: boolean | undefined;
}

export type ConsumedChoice = { readonly event: string } | { readonly failuresOf: string };
