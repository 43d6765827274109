import { BrokenRulesException, ProblemException } from '@cascade/service';
import { HttpStatus } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { SignUpRequest } from './sign-up-request.js';

export const IDEMPOTENCY_KEY_HEADER = 'Idempotency-Key';
export const IDEMPOTENCY_KEY_PATTERN = /^[\x20-\x7e]{1,255}$/;
/** Lifetime of a key, in milliseconds. Clients retry for minutes, not for days. */
export const KEYS_KEPT_FOR_MS = 24 * 60 * 60 * 1000;

/** Thrown if an earlier request with this key had another body. The response has the status 422. */
export class IdempotencyKeyReusedException extends ProblemException {
  constructor() {
    super(
      HttpStatus.UNPROCESSABLE_ENTITY,
      `This ${IDEMPOTENCY_KEY_HEADER} was sent with another body before. Send a new request with a new key.`,
    );
  }
}

/** @throws BrokenRulesException if the header is not a valid key */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || IDEMPOTENCY_KEY_PATTERN.test(header)) return header;
  const message = `${IDEMPOTENCY_KEY_HEADER} must be 1 to 255 printable ASCII characters`;
  throw new BrokenRulesException([{ field: IDEMPOTENCY_KEY_HEADER, rule: 'isIdempotencyKey', message }]);
}

/**
 * Returns the same hash for requests with the same values. The order of fields does not matter, and defaults may be given or left
 * out.
 */
export function requestHash({ email, name, phone, locale }: SignUpRequest): string {
  const canonical = JSON.stringify([email, name, phone ?? null, locale]);
  return createHash('sha256').update(canonical).digest('hex');
}
