/** The command line of `npm test` asks for what is not there. The message says what to do. */
export class TestChoiceError extends Error {
  override readonly name = 'TestChoiceError';
  readonly operational = true;
}
