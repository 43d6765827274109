/**
 * Thrown if the topology cannot be read from the code, or its lock cannot be written. The message contains the location and the
 * remedy.
 */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** Instructs the command line tools to print the message without the stack. */
  readonly operational = true;
}
