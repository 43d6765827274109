/** An error whose message says what happened and what to do. The message is therefore shown without a stack. */
export class OperationalError extends Error {
  operational = true;
  name = 'OperationalError';
}
