/** What sockets and name lookups fail with while a server is away. */
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
 * PostgreSQL: connection exceptions (08), read-only as after a failover (25006), out of connections or disk (53), timed out,
 * shutting down or starting up (57).
 */
const UNAVAILABLE_SQLSTATE = /^(08...|25006|53...|57014|57P0[123])$/;

/** pg gives these no code: the connection was lost or not made in time. */
const PG_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/** Whether the error, or what caused it, says that the database cannot be used now but may be soon. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, message, cause } = Object(error) as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string' && (CONNECTION_CODES.has(code) || UNAVAILABLE_SQLSTATE.test(code)))
    return true;
  if (typeof message === 'string' && PG_MESSAGES.has(message)) return true;
  return cause !== undefined && isDatabaseUnavailable(cause);
}
