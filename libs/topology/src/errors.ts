/** The topology cannot be read from the code, or its lock cannot be written. The message says where and what to do. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  /** For the tools: the message says all, no stack is needed. */
  readonly operational = true;
}
