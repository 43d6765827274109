/** Another delivery of the same event is sending its message at this moment. Retried, as any error. */
export class DeliveryUnderwayError extends Error {
  override readonly name = 'DeliveryUnderwayError';

  constructor(readonly eventId: string) {
    super(`Another delivery of event ${eventId} is sending its message; this one is tried again later.`);
  }
}

/** The delivery log could not be asked, so nothing was sent. Retried, as any error. */
export class DeliveryLogUnavailableError extends Error {
  override readonly name = 'DeliveryLogUnavailableError';
}
