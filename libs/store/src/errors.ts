import { DrizzleQueryError } from 'drizzle-orm';
import { types } from 'node:util';

/** SQLSTATE of a row that a unique index refuses. */
const UNIQUE_VIOLATION = '23505';

/** SQLSTATE of a write to a server that takes none, such as a standby. */
export const READ_ONLY = '25006';

/** The folder holds a database that another process, or another store of this one, has open. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError';

  constructor(
    /** The `dataDir`, absolute. */
    readonly directory: string,
    /** Process that has it open; undefined where it has not written its id yet. */
    readonly pid: number | undefined,
  ) {
    super(
      `The database in ${directory} is already open in ${pid === process.pid ? 'this process' : 'another process'}` +
        `${pid === undefined ? '' : ` (pid ${pid})`}, and two at once would destroy each other's rows. ` +
        'Stop that process, give this one a folder of its own with DATA_DIR, or let both use a server with DATABASE_URL.',
    );
  }
}

/** The folder for the embedded database cannot be made or written. */
export class StoreDirectoryError extends Error {
  override readonly name = 'StoreDirectoryError';

  constructor(
    readonly directory: string,
    cause: unknown,
  ) {
    super(
      `The folder ${directory} cannot hold a database: ${reasonOf(cause)}. ` +
        'Name a folder that this user may write with DATA_DIR, or a server with DATABASE_URL.',
      { cause },
    );
  }
}

/** The database cannot be opened, or does not answer. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The database answers and takes no writes: its server is a standby, or became one. */
export class ReadOnlyDatabaseError extends Error {
  override readonly name = 'ReadOnlyDatabaseError';
  readonly code = READ_ONLY;

  constructor() {
    super('it takes no writes (read-only, as a standby is)');
  }
}

/** There are no migrations where they were looked for. */
export class MigrationsNotFoundError extends Error {
  override readonly name = 'MigrationsNotFoundError';
}

/** The migrations could not be applied, or do not belong to this database. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * A statement of the transaction failed, the code caught that error, and the transaction was then committed: PostgreSQL
 * answers such a commit with a rollback. Nothing of the transaction is kept.
 */
export class TransactionRolledBackError extends Error {
  override readonly name = 'TransactionRolledBackError';

  constructor(options?: ErrorOptions) {
    super(
      'The transaction was rolled back instead of committed, because one of its statements had failed and that error was ' +
        'caught inside it. Run the statement that may fail in a savepoint (tx.transaction), avoid the failure ' +
        '(on conflict do nothing), or catch the error outside the transaction.',
      options,
    );
  }
}

/** What went wrong in one line: the driver's own words, without the statement and the values that Drizzle adds to them. */
export function reasonOf(error: unknown): string {
  const reason = driverErrorOf(error);
  // Jest runs specs in a realm of their own, where Node's errors are no instances of Error.
  if (!types.isNativeError(reason)) return String(reason);
  // Node reports a host with several addresses that all refuse as an AggregateError without a message.
  const { errors } = reason as Partial<AggregateError>;
  return reason.message || errors?.map(reasonOf).join(', ') || reason.name;
}

/** The SQLSTATE or system code of an error, such as `23505` or `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(driverErrorOf(error)) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/**
 * True for the error of a row that a unique index refused; with `constraint`, of the index of that name alone.
 *
 * The failed statement ends its transaction: catch the error outside it, or run the statement in a savepoint
 * (`tx.transaction`).
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const violated = (Object(driverErrorOf(error)) as { constraint?: string }).constraint;
  return codeOf(error) === UNIQUE_VIOLATION && (constraint === undefined || violated === constraint);
}

function driverErrorOf(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}
