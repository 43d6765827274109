/** An error whose message says what happened and what to do, so that it is shown without a stack. */
export class OperationalError extends Error {
  operational = true;
  name = 'OperationalError';
}
