import { HttpException, HttpStatus } from '@nestjs/common';
import { isDatabaseUnavailable } from './database-unavailable.js';
import { BODY_LIMIT_BYTES } from './json-body.js';
import { ProblemException, problemOf, type Problem } from './problem.js';

export interface ErrorAnswer {
  problem: Problem;
  headers: Readonly<Record<string, string>>;
}

const RETRY_AFTER_SECONDS = '5';

/** Details that replace Fastify's messages, because Fastify's messages do not explain what to do. */
const DETAILS: Record<string, string> = {
  FST_ERR_CTP_BODY_TOO_LARGE: `The body must not be larger than ${BODY_LIMIT_BYTES / 1024} KB.`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    'The body must be JSON, sent with the header content-type: application/json.',
};

/**
 * Returns the problem and the headers with which a failed request is answered. The problem contains no details of an unexpected
 * error.
 */
export function answerToError(error: unknown): ErrorAnswer {
  if (error instanceof ProblemException) {
    return { problem: problemOf(error.getStatus(), error.message, error.errors), headers: error.headers };
  }
  if (error instanceof HttpException) {
    return { problem: problemOf(error.getStatus(), detailOf(error)), headers: {} };
  }
  if (isFastifyClientError(error)) {
    return { problem: problemOf(error.statusCode, DETAILS[error.code] ?? error.message), headers: {} };
  }
  if (isDatabaseUnavailable(error)) {
    const problem = problemOf(
      HttpStatus.SERVICE_UNAVAILABLE,
      'The database cannot be reached. Try again soon.',
    );
    return { problem, headers: { 'retry-after': RETRY_AFTER_SECONDS } };
  }
  return { problem: problemOf(HttpStatus.INTERNAL_SERVER_ERROR), headers: {} };
}

/** Returns the detail of a problem. Nest wraps an error of Fastify in an HttpException, so the cause is checked first. */
function detailOf(exception: HttpException): string {
  return (isFastifyClientError(exception.cause) && DETAILS[exception.cause.code]) || exception.message;
}

function isFastifyClientError(error: unknown): error is Error & { code: string; statusCode: number } {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
  return (
    error instanceof Error &&
    typeof code === 'string' &&
    code.startsWith('FST_') &&
    typeof statusCode === 'number' &&
    statusCode >= 400 &&
    statusCode < 500
  );
}
