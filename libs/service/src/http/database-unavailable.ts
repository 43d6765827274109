/** Error codes of sockets and name lookups for a server that cannot be reached. */
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
 * Pattern of PostgreSQL's error codes for an unavailable database. Class 08 means a connection exception, and 25006 means a
 * read-only server after a failover. Class 53 means a lack of connections or disk space. The codes with 57 mean a timeout, a
 * shutdown or a startup.
 */
const UNAVAILABLE_SQLSTATE = /^(08...|25006|53...|57014|57P0[123])$/;

/** Messages of pg errors without a code, for a connection that was lost or could not be opened in time. */
const PG_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/**
 * Returns true if the error, or an error in its chain of causes, shows that the database is unavailable. A later attempt may then
 * succeed.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code, message, cause } = Object(error) as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string' && (CONNECTION_CODES.has(code) || UNAVAILABLE_SQLSTATE.test(code)))
    return true;
  if (typeof message === 'string' && PG_MESSAGES.has(message)) return true;
  return cause !== undefined && isDatabaseUnavailable(cause);
}
