/** The topology cannot be read from the code, or its lock cannot be written. The message says where and what to do. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** Makes the tools show the message without a stack. */
  readonly operational = true;
}
