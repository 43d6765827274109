/** Error for a command line of `npm test` that asks for something that does not exist. The message says what to do. */
export class TestChoiceError extends Error {
  override readonly name = 'TestChoiceError';
  readonly operational = true;
}
