/** Codes of sockets and name lookups if a server cannot be reached. */
const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Codes of PostgreSQL: connection exceptions (08), read-only after a failover (25006), out of connections or disk (53), timeout,
 * shutdown or startup (57).
 */
const UNAVAILABLE_SQLSTATE = /^(08...|25006|53...|57014|57P0[123])$/;

/** Messages of pg errors without a code: the connection was lost, or could not be opened in time. */
const PG_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/** True if the error or its cause is an outage of the database, so that a later attempt may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, message, cause } = Object(error) as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string' && (CONNECTION_CODES.has(code) || UNAVAILABLE_SQLSTATE.test(code)))
    return true;
  if (typeof message === 'string' && PG_MESSAGES.has(message)) return true;
  return cause !== undefined && isDatabaseUnavailable(cause);
}
