/** An error whose message tells people what happened and what to do: it is shown without a stack. */
export class OperationalError extends Error {
  operational = true;
  name = 'OperationalError';
}
