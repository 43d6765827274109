import { DrizzleQueryError } from 'drizzle-orm';
import { types } from 'node:util';

/** SQLSTATE for a row that a unique index rejects. */
const UNIQUE_VIOLATION = '23505';

/** SQLSTATE for a write to a read-only server, such as a standby. */
export const READ_ONLY = '25006';

/** Thrown if another process, or another store of this process, has already opened the database in the folder. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';

  constructor(
    /** Absolute path of the `dataDir`. */
    readonly directory: string,
    /** Id of the process that has the database open; undefined if that process has not written its id yet. */
    readonly pid: number | undefined,
  ) {
    super(
      `The database in ${directory} is already open in ${pid === process.pid ? 'this process' : 'another process'}` +
        `${pid === undefined ? '' : ` (pid ${pid})`}. Two processes would destroy each other's rows. ` +
        'Stop that process, give this process its own folder with DATA_DIR, or let both use a server with DATABASE_URL.',
    );
  }
}

/** Thrown if the folder of the embedded database cannot be created or written to. */
export class StoreDirectoryError extends Error {
  override readonly name = 'StoreDirectoryError';

  constructor(
    readonly directory: string,
    cause: unknown,
  ) {
    super(
      `The folder ${directory} cannot hold a database: ${reasonOf(cause)}. ` +
        'Set DATA_DIR to a folder that this user may write to, or DATABASE_URL to a server.',
      { cause },
    );
  }
}

/** Thrown if the database cannot be opened, or if the readiness check fails. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** Thrown if the database rejects writes, for example because its server is a standby. */
export class ReadOnlyDatabaseError extends Error {
  override readonly name = 'ReadOnlyDatabaseError';
  readonly code = READ_ONLY;

  constructor() {
    super('it accepts no writes, because it is read-only like a standby');
  }
}

/** Thrown if no migrations are found. */
export class MigrationsNotFoundError extends Error {
  override readonly name = 'MigrationsNotFoundError';
}

/** Thrown if migrations could not be applied, or if a missing migration is older than the newest applied migration. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Thrown on commit if a statement of the transaction failed and the code caught its error. PostgreSQL turns such a commit into a
 * rollback, so no change of the transaction is kept.
 */
export class TransactionRolledBackError extends Error {
  override readonly name = 'TransactionRolledBackError';

  constructor(options?: ErrorOptions) {
    super(
      'The transaction was rolled back instead of committed, because one of its statements had failed and the error was ' +
        'caught inside the transaction. Run the statement that may fail in a savepoint (tx.transaction), avoid the failure ' +
        '(on conflict do nothing), or catch the error outside the transaction.',
      options,
    );
  }
}

/**
 * Returns the message of an error. For a failed query, returns the driver's message, without the statement and the values that
 * Drizzle adds.
 */
export function reasonOf(error: unknown): string {
  const reason = driverErrorOf(error);
  // Jest runs specs in another realm, so Node's errors are not instances of this realm's `Error`.
  if (!types.isNativeError(reason)) return String(reason);
  // If all addresses of a host refuse the connection, Node throws an AggregateError without a message.
  const { errors } = reason as Partial<AggregateError>;
  return reason.message || errors?.map(reasonOf).join(', ') || reason.name;
}

/** Returns the SQLSTATE or system code of an error, such as `23505` or `ECONNREFUSED`; undefined if the error has no code. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(driverErrorOf(error)) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/**
 * Returns true if a unique index rejected a row.
 *
 * The failed statement aborts its transaction. Catch the error outside the transaction, or run the statement in a savepoint
 * (`tx.transaction`).
 *
 * @param constraint Name of the index to check for. Default: any unique index.
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const violated = (Object(driverErrorOf(error)) as { constraint?: string }).constraint;
  return codeOf(error) === UNIQUE_VIOLATION && (constraint === undefined || violated === constraint);
}

function driverErrorOf(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}
