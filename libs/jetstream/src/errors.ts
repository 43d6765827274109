/** One broken rule of a contract. */
export interface Violation {
  /** Path of the field, such as `address.city`; empty for the event as a whole. */
  field: string;
  /** Name of the rule, such as `isEmail`. */
  rule: string;
  message: string;
}

/** Thrown by a handler if a retry cannot help. The event is then dead-lettered immediately. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError';
}

/** Thrown if an event cannot be read or breaks its contract. Such an event is never retried. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';

  constructor(
    message: string,
    /** Every broken rule, not only the first. */
    readonly violations: Violation[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Thrown if a handler returns or a service publishes an event that its declaration does not list under `publishes`. */
export class UndeclaredEventError extends UnrecoverableError {
  override readonly name = 'UndeclaredEventError';
}

/** Thrown if an event has been delivered more times than `attempts` allows, and its last attempt was never settled. */
export class AttemptsExhaustedError extends Error {
  override readonly name = 'AttemptsExhaustedError';
}

/** Thrown if the broker refuses an event permanently, for instance because the event is too large. A retry cannot help. */
export class PublishRefusedError extends Error {
  override readonly name: string = 'PublishRefusedError';
}

/** Thrown if this client has no right to publish on the subject. A retry helps only after an operator has granted the right. */
export class PublishDeniedError extends PublishRefusedError {
  override readonly name = 'PublishDeniedError';
}

/**
 * Thrown if the broker does not confirm an event in time. The event may still have been stored, so callers should publish it
 * again with the same id.
 */
export class PublishTimeoutError extends Error {
  override readonly name = 'PublishTimeoutError';
}

/** Thrown if no failure events were removed, because the audit event of the removal was not confirmed. */
export class RemovalNotRecordedError extends Error {
  override readonly name = 'RemovalNotRecordedError';
}

/** Thrown if a declaration or an option is invalid. The service then does not start. */
export class InvalidDeclarationError extends Error {
  override readonly name = 'InvalidDeclarationError';
}

/**
 * Thrown if the server cannot provide a stream or consumer as declared, or if this client may not pull. For instance, the server
 * is too old, or a consumer reads another channel. If this happens while a service starts, the start fails.
 */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/** Thrown if the broker does not answer a request. A later request may get an answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** Thrown if the client cannot connect to the broker. For instance, the credentials are wrong, or the client was closed. */
export class BrokerUnreachableError extends Error {
  override readonly name = 'BrokerUnreachableError';
}
