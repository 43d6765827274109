/** Error for invalid arguments of `npm test`. The message says what to do. */
export class TestChoiceError extends Error {
  override readonly name = 'TestChoiceError';
  readonly operational = true;
}
