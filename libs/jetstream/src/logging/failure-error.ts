import { inspect } from 'node:util';
import type { Violation } from '../errors.js';
import { redact } from './redact.js';

/** Bytes of the longest message and the longest stack that are kept. */
const MAX_TEXT = 8_192;
/** Bytes of the longest text that is kept where there may be many texts. */
const MAX_SHORT_TEXT = 1_024;
const MAX_CAUSES = 3;
/** Broken rules that are kept. With more, the failure event might exceed the bounds of a body. */
const MAX_VIOLATIONS = 100;
/** Parts of an `AggregateError` that are kept. */
const MAX_ERRORS = 10;

const QUERY_ERROR = 'DrizzleQueryError';
/** Replaces the error of a query that has no cause. */
const UNEXPLAINED_QUERY = Object.assign(new Error('a query failed'), { name: QUERY_ERROR, stack: '' });

/** The kept part of an error. */
export interface FailureError {
  /** Class of the error. */
  name: string;
  message: string;
  stack?: string;
  cause?: FailureError;
  /** Parts of an `AggregateError`, at most 10. */
  errors?: Pick<FailureError, 'name' | 'message'>[];
  /** Broken rules of the contract, at most 100. */
  violations?: Violation[];
}

/**
 * Describes a thrown value by class and message, for logs. Credentials are hidden, addresses and phone numbers masked. A failed
 * query is described by its cause. Never throws.
 */
export function nameError(error: unknown): Pick<FailureError, 'name' | 'message'> {
  return described(error, named);
}

/**
 * Describes a thrown value as {@link nameError} does, with stack, causes, parts and broken rules. Slow, because it reads the stack,
 * which is built at that moment. Never throws.
 */
export function describeError(error: unknown): FailureError {
  return described(error, (thrown) => whole(thrown, 0));
}

/** Guards against properties of any kind, such as getters that throw. */
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
 * Replaces the error of a query by its cause. The message of such an error contains the values of the statement, which may be
 * personal data. Drizzle's error is recognized by its shape, because the transport depends on no database. A driver's own error has
 * no cause.
 */
function withoutQuery(error: unknown, depth = 0): unknown {
  const { constructor, query, params, cause } = Object(error) as Record<string, unknown>;
  const isNamed = (constructor as { name?: unknown } | undefined)?.name === QUERY_ERROR;
  const isShaped = typeof query === 'string' && Array.isArray(params) && cause !== undefined;
  if (!isNamed && !isShaped) return error;
  return cause === undefined || depth === MAX_CAUSES ? UNEXPLAINED_QUERY : withoutQuery(cause, depth + 1);
}

/** A subclass may inherit `name` from its parent, so the constructor's name is better. Errors of the platform have only `name`. */
function classNameOf(error: Error): unknown {
  const name: unknown = error.constructor?.name;
  return !name || name === 'Error' || name === 'DOMException' ? error.name : name;
}

/** An AggregateError often has no message. Its parts then make one. */
function messageOf(error: Error): unknown {
  const { message, errors } = error as Error & { errors?: unknown };
  if (message || !isFilled(errors)) return message;
  return errors
    .slice(0, MAX_ERRORS)
    .map((one) => named(one, MAX_SHORT_TEXT).message)
    .join('; ');
}

/** Other libraries use the name `violations` for other values. An unknown value becomes the message. */
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

/** Makes a text of at most `limit` bytes from any value. */
function shown(value: unknown, limit = MAX_TEXT): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 4, breakLength: Infinity });
  // Longer than the limit, so that no credential is split within the part that is kept.
  const redacted = redact(text.slice(0, 2 * MAX_TEXT));
  if (Buffer.byteLength(redacted) <= limit) return redacted;
  // Removes the replacement character of a split character.
  return `${Buffer.from(redacted)
    .subarray(0, limit - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
