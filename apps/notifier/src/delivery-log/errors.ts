/** Thrown if another delivery of the same event is still sending the message. The event is retried. */
export class DeliveryUnderwayError extends Error {
  override readonly name = 'DeliveryUnderwayError';

  constructor(readonly eventId: string) {
    super(`Another delivery of event ${eventId} is sending its message. This delivery is retried later.`);
  }
}

/** Thrown if the delivery log could not be used. No message was sent, and the event is retried. */
export class DeliveryLogUnavailableError extends Error {
  override readonly name = 'DeliveryLogUnavailableError';
}
