/** One broken rule of a contract. */
export interface Violation {
  /** Path of the field, such as `address.city`; empty for the event as a whole. */
  field: string;
  /** Name of the rule, such as `isEmail`. */
  rule: string;
  message: string;
}

/** Thrown by a handler: trying again cannot help, so the event is dead-lettered at once. */
export class UnrecoverableError extends Error {
  override readonly name: string = 'UnrecoverableError';
}

/** An event that cannot be read, or that breaks its contract. It is never retried. */
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

/** A handler returned, or a service publishes, an event that its declaration does not list under `publishes`. */
export class UndeclaredEventError extends UnrecoverableError {
  override readonly name = 'UndeclaredEventError';
}

/** An event was delivered more often than it may be tried, and no attempt ever answered. */
export class AttemptsExhaustedError extends Error {
  override readonly name = 'AttemptsExhaustedError';
}

/** The broker refused an event for good, such as one that is too large. Trying again cannot help. */
export class PublishRefusedError extends Error {
  override readonly name: string = 'PublishRefusedError';
}

/** This client may not publish on that subject. Trying again helps once somebody has given it the right. */
export class PublishDeniedError extends PublishRefusedError {
  override readonly name = 'PublishDeniedError';
}

/** The broker did not confirm an event in time. It may be stored all the same: publish again with the same id. */
export class PublishTimeoutError extends Error {
  override readonly name = 'PublishTimeoutError';
}

/** Failure events were not removed, since the audit event of their removal was not confirmed. */
export class RemovalNotRecordedError extends Error {
  override readonly name = 'RemovalNotRecordedError';
}

/** A declaration or an option that cannot work. Stops the start. */
export class InvalidDeclarationError extends Error {
  override readonly name = 'InvalidDeclarationError';
}

/** A stream or consumer on the server that differs from the declared one and cannot be updated. Stops the start. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/** The broker was asked for something and gave no answer. It may answer when it is asked again. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** There is no connection to the broker, and none will come: wrong credentials, a wrong address, or it was closed. */
export class BrokerUnreachableError extends Error {
  override readonly name = 'BrokerUnreachableError';
}
