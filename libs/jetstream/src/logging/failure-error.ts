import { inspect } from 'node:util';
import type { Violation } from '../errors.js';
import { redact } from './redact.js';

/** Maximum size of a kept message or stack, in bytes. */
const MAX_TEXT = 8_192;
/** Maximum size of a kept name, and of each kept string in a list, in bytes. */
const MAX_SHORT_TEXT = 1_024;
const MAX_CAUSES = 3;
/** Maximum number of broken rules that are kept. With more rules, the failure event might exceed the bounds of a body. */
const MAX_VIOLATIONS = 100;
/** Maximum number of parts of an `AggregateError` that are kept. */
const MAX_ERRORS = 10;

const QUERY_ERROR = 'DrizzleQueryError';
/** Replaces the error of a failed query that has no cause. */
const UNEXPLAINED_QUERY = Object.assign(new Error('a query failed'), { name: QUERY_ERROR, stack: '' });

/** Details of an error that are stored or logged. */
export interface FailureError {
  /** Class name of the error. */
  name: string;
  message: string;
  stack?: string;
  cause?: FailureError;
  /** Parts of an `AggregateError`, up to 10 parts. */
  errors?: Pick<FailureError, 'name' | 'message'>[];
  /** Broken rules of the contract, up to 100 rules. */
  violations?: Violation[];
}

/**
 * Describes a thrown value by its class and message, for logs. Hides credentials, and masks e-mail addresses and phone numbers. A
 * failed query is described by its cause. Never throws.
 */
export function nameError(error: unknown): Pick<FailureError, 'name' | 'message'> {
  return described(error, named);
}

/**
 * Describes a thrown value as {@link nameError} does, and adds its stack, causes, parts and broken rules. This function is slow,
 * because a stack is built only when it is read. Never throws.
 */
export function describeError(error: unknown): FailureError {
  return described(error, (thrown) => whole(thrown, 0));
}

/** Returns a fixed description if `describe` throws, for instance because of a getter of the thrown value. */
function described<Description extends FailureError>(
  error: unknown,
  describe: (error: unknown) => Description,
): Description | FailureError {
  try {
    return describe(error);
  } catch {
    return { name: typeof error, message: 'the thrown value cannot be described' };
  }
}

function whole(thrown: unknown, depth: number): FailureError {
  const error = withoutQuery(thrown);
  if (!(error instanceof Error)) return named(error);
  const { stack, cause, errors, violations } = error as Error & { errors?: unknown; violations?: unknown };
  return {
    ...named(error),
    ...(stack ? { stack: shown(stack) } : {}),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: whole(cause, depth + 1) } : {}),
    ...(isFilled(errors)
      ? { errors: errors.slice(0, MAX_ERRORS).map((one) => named(one, MAX_SHORT_TEXT)) }
      : {}),
    ...(isFilled(violations) ? { violations: violations.slice(0, MAX_VIOLATIONS).map(violationOf) } : {}),
  };
}

function named(thrown: unknown, limit = MAX_TEXT): Pick<FailureError, 'name' | 'message'> {
  const error = withoutQuery(thrown);
  if (!(error instanceof Error)) return { name: typeof error, message: shown(error, limit) };
  return { name: shown(classNameOf(error), MAX_SHORT_TEXT), message: shown(messageOf(error), limit) };
}

/**
 * Replaces the error of a failed query with its cause. The message of the query's error contains the values of the statement,
 * which may be personal data. Drizzle's error is recognized by its class name or its shape, because the transport depends on no
 * database. A driver's own error has no cause, and is not replaced.
 */
function withoutQuery(error: unknown, depth = 0): unknown {
  const { constructor, query, params, cause } = Object(error) as Record<string, unknown>;
  const isNamed = (constructor as { name?: unknown } | undefined)?.name === QUERY_ERROR;
  const isShaped = typeof query === 'string' && Array.isArray(params) && cause !== undefined;
  if (!isNamed && !isShaped) return error;
  return cause === undefined || depth === MAX_CAUSES ? UNEXPLAINED_QUERY : withoutQuery(cause, depth + 1);
}

/**
 * Returns the class name of an error. A subclass may inherit `name` from its parent, so the constructor's name is preferred. For
 * a plain `Error` or a `DOMException`, only the property `name` distinguishes kinds of errors.
 */
function classNameOf(error: Error): unknown {
  const name: unknown = error.constructor?.name;
  return !name || name === 'Error' || name === 'DOMException' ? error.name : name;
}

/** Returns the message of an error. An AggregateError often has no message, and then gets the messages of its parts. */
function messageOf(error: Error): unknown {
  const { message, errors } = error as Error & { errors?: unknown };
  if (message || !isFilled(errors)) return message;
  return errors
    .slice(0, MAX_ERRORS)
    .map((one) => named(one, MAX_SHORT_TEXT).message)
    .join('; ');
}

/**
 * Converts a value to a broken rule. Other libraries use the name `violations` for other values. A value without a `message`
 * becomes the message itself.
 */
function violationOf(violation: unknown): Violation {
  const { field = '', rule = '', message = violation } = Object(violation) as Partial<Violation>;
  return {
    field: shown(field, MAX_SHORT_TEXT),
    rule: shown(rule, MAX_SHORT_TEXT),
    message: shown(message, MAX_SHORT_TEXT),
  };
}

function isFilled(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** Converts any value to a redacted string of at most `limit` bytes. */
function shown(value: unknown, limit = MAX_TEXT): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 4, breakLength: Infinity });
  // The string is first cut to more than the limit, so that no credential is split within the kept part.
  const redacted = redact(text.slice(0, 2 * MAX_TEXT));
  if (Buffer.byteLength(redacted) <= limit) return redacted;
  // Removes the replacement character that a split character leaves.
  return `${Buffer.from(redacted)
    .subarray(0, limit - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
