/** One broken rule of a contract. */
export interface Violation {
  /** Path of the field, such as `address.city`; empty for the event as a whole. */
  field: string;
  /** Name of the rule, such as `isEmail`. */
  rule: string;
  message: string;
}

/** Thrown by a handler if a retry cannot help: the event is dead-lettered at once. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError';
}

/** The event cannot be read or breaks its contract. It is never retried. */
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

/** A handler returned or a service published an event that its declaration does not list under `publishes`. */
export class UndeclaredEventError extends UnrecoverableError {
  override readonly name = 'UndeclaredEventError';
}

/** The event was delivered more often than `attempts` allows, and no attempt ended. */
export class AttemptsExhaustedError extends Error {
  override readonly name = 'AttemptsExhaustedError';
}

/** The broker refused an event permanently, for instance because it is too large. A retry cannot help. */
export class PublishRefusedError extends Error {
  override readonly name: string = 'PublishRefusedError';
}

/** This client has no right to publish on the subject. A retry helps after an operator granted the right. */
export class PublishDeniedError extends PublishRefusedError {
  override readonly name = 'PublishDeniedError';
}

/** The broker did not confirm an event in time. It may be stored nevertheless: publish it again with the same id. */
export class PublishTimeoutError extends Error {
  override readonly name = 'PublishTimeoutError';
}

/** No failure events were removed, because the audit event of the removal was not confirmed. */
export class RemovalNotRecordedError extends Error {
  override readonly name = 'RemovalNotRecordedError';
}

/** A declaration or an option is invalid. Stops the start. */
export class InvalidDeclarationError extends Error {
  override readonly name = 'InvalidDeclarationError';
}

/** A stream or consumer on the server differs from its declaration and cannot be updated. Stops the start. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/** The broker did not answer a request. A later request may get an answer. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The broker cannot be reached at all: the credentials or the address are wrong, or the connection was closed. */
export class BrokerUnreachableError extends Error {
  override readonly name = 'BrokerUnreachableError';
}
