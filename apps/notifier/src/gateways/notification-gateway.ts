import { UnrecoverableError } from '@cascade/jetstream';
import type { Mailbox } from './mailbox.js';

/** Gives messages of one kind to a provider that delivers them. */
export interface NotificationGateway<Message> {
  /**
   * Sends a message, and resolves with the provider's id when the provider has accepted it. Settles in time even if the provider
   * does not answer.
   *
   * @param key Id of the event: the same at each attempt, so that the provider or the recipient can recognize a repeat.
   * @throws MessageRefusedError if the provider will never accept this message
   * @throws GatewayUnavailableError if another attempt may succeed, or if the failure does not concern this message
   */
  send(message: Message, key: string): Promise<string>;
}

export interface Email {
  to: Mailbox;
  subject: string;
  text: string;
  html?: string;
}

export interface TextMessage {
  /** E.164 number. */
  to: string;
  body: string;
}

/** Injection token of the `NotificationGateway<TextMessage>`. */
export const TEXT_GATEWAY = Symbol('text gateway');

/** The provider refused a message permanently. The event is dead-lettered at once. */
export class MessageRefusedError extends UnrecoverableError {
  override readonly name = 'MessageRefusedError';
}

/**
 * The provider could not be reached, did not answer in time, asked to retry later, or refused the login. The event is retried.
 * The error concerns every message, so many of them pause the processor instead of dead-lettering all events.
 */
export class GatewayUnavailableError extends Error {
  override readonly name = 'GatewayUnavailableError';
}
