/** Error for arguments of `npm test` that name something that does not exist. The message says what to do. */
export class TestChoiceError extends Error {
  override readonly name = 'TestChoiceError';
  readonly operational = true;
}
