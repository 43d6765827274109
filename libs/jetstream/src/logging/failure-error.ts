import { inspect } from 'node:util';
import type { Violation } from '../errors.js';
import { redact } from './redact.js';

/** Longest message and longest stack of an error that is kept, in bytes. */
const MAX_TEXT = 8_192;
/** Longest text of what there may be many of, in bytes. */
const MAX_SHORT_TEXT = 1_024;
const MAX_CAUSES = 3;
/** Broken rules that are kept: the failure event must stay readable, within the bounds of any body. */
const MAX_VIOLATIONS = 100;
/** Errors of an `AggregateError` that are kept. */
const MAX_ERRORS = 10;

const QUERY_ERROR = 'DrizzleQueryError';
/** Stands for a query's error without a cause. */
const UNEXPLAINED_QUERY = Object.assign(new Error('a query failed'), { name: QUERY_ERROR, stack: '' });

/** What is kept of an error. */
export interface FailureError {
  /** Its class. */
  name: string;
  message: string;
  stack?: string;
  cause?: FailureError;
  /** Those that an `AggregateError` is made of, at most 10. */
  errors?: Pick<FailureError, 'name' | 'message'>[];
  /** Broken rules of the contract, at most 100. */
  violations?: Violation[];
}

/**
 * Class and message of whatever was thrown, for logs: credentials are made unreadable, addresses and phone numbers masked, and of a
 * query that failed the cause is named. Never throws.
 */
export function nameError(error: unknown): Pick<FailureError, 'name' | 'message'> {
  return described(error, named);
}

/**
 * What of an error is kept, with its causes, as {@link nameError} words it. Never throws, whatever the error is like. Its stack is
 * made by asking for it, which is slow.
 */
export function describeError(error: unknown): FailureError {
  return described(error, (thrown) => whole(thrown, 0));
}

/** An error may have anything for its properties, also getters that throw. */
function described<Description extends FailureError>(
  error: unknown,
  describe: (error: unknown) => Description,
): Description | FailureError {
  try {
    return describe(error);
  } catch {
    return { name: typeof error, message: 'what was thrown cannot be described' };
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
 * The cause of a query's error, in place of that error, which has the values of the statement in its message: they may be
 * anybody's data. Drizzle's is recognized by its shape, since the transport knows no database. A driver's own error has no cause.
 */
function withoutQuery(error: unknown, depth = 0): unknown {
  const { constructor, query, params, cause } = Object(error) as Record<string, unknown>;
  const isNamed = (constructor as { name?: unknown } | undefined)?.name === QUERY_ERROR;
  const isShaped = typeof query === 'string' && Array.isArray(params) && cause !== undefined;
  if (!isNamed && !isShaped) return error;
  return cause === undefined || depth === MAX_CAUSES ? UNEXPLAINED_QUERY : withoutQuery(cause, depth + 1);
}

/** Subclasses inherit `name` where their parent sets it; what comes from the platform sets nothing else. */
function classNameOf(error: Error): unknown {
  const name: unknown = error.constructor?.name;
  return !name || name === 'Error' || name === 'DOMException' ? error.name : name;
}

/** An error of several often has no message of its own. */
function messageOf(error: Error): unknown {
  const { message, errors } = error as Error & { errors?: unknown };
  if (message || !isFilled(errors)) return message;
  return errors
    .slice(0, MAX_ERRORS)
    .map((one) => named(one, MAX_SHORT_TEXT).message)
    .join('; ');
}

/** Other libraries call something else so: what cannot be told apart becomes the message. */
function violationOf(violation: unknown): Violation {
  const { field = '', rule = '', message = violation } = Object(violation) as Partial<Violation>;
  const [ofField, ofRule, text] = [field, rule, message].map((part) => shown(part, MAX_SHORT_TEXT));
  return { field: ofField!, rule: ofRule!, message: text! };
}

function isFilled(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}

/** Any value as text, at most `limit` bytes. */
function shown(value: unknown, limit = MAX_TEXT): string {
  const text = typeof value === 'string' ? value : inspect(value, { depth: 4, breakLength: Infinity });
  // What lies behind is cut off anyway, and a credential is not split at the place that is seen.
  const redacted = redact(text.slice(0, 2 * MAX_TEXT));
  if (Buffer.byteLength(redacted) <= limit) return redacted;
  // Decoding replaces a character that the cut has split.
  return `${Buffer.from(redacted)
    .subarray(0, limit - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '')}…`;
}
