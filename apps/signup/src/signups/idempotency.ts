import { BrokenRulesException, ProblemException } from '@cascade/service';
import { HttpStatus } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { SignUpRequest } from './sign-up-request.js';

export const IDEMPOTENCY_KEY_HEADER = 'Idempotency-Key';
export const IDEMPOTENCY_KEY_PATTERN = /^[\x20-\x7e]{1,255}$/;
/** Clients retry for minutes, not for days. */
export const KEYS_KEPT_FOR_MS = 24 * 60 * 60 * 1000;

/** 422: the key of an earlier request came with another body. */
export class IdempotencyKeyReusedException extends ProblemException {
  constructor() {
    super(
      HttpStatus.UNPROCESSABLE_ENTITY,
      `This ${IDEMPOTENCY_KEY_HEADER} was sent with another body before. Send a new key with a new request.`,
    );
  }
}

/** @throws BrokenRulesException where the header is there and is no key */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || IDEMPOTENCY_KEY_PATTERN.test(header)) return header;
  const message = `${IDEMPOTENCY_KEY_HEADER} must be 1 to 255 printable ASCII characters`;
  throw new BrokenRulesException([{ field: IDEMPOTENCY_KEY_HEADER, rule: 'isIdempotencyKey', message }]);
}

/** Equal for requests that ask for the same, whatever the order of their fields and with defaults given or left out. */
export function requestHash({ email, name, phone, locale }: SignUpRequest): string {
  const canonical = JSON.stringify([email, name, phone ?? null, locale]);
  return createHash('sha256').update(canonical).digest('hex');
}
