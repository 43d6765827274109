import { UnrecoverableError } from '@cascade/jetstream';
import type { Mailbox } from './mailbox.js';

/** Hands messages of one kind to a provider that delivers them. */
export interface NotificationGateway<Message> {
  /**
   * Resolves once the provider has accepted the message, with what the provider calls it. Settles in time, whatever the
   * provider does.
   *
   * @param key the same at each attempt to send this message (the id of the event behind it), so that a provider
   *   or a person can tell a repeat
   * @throws MessageRefusedError where the provider will not take this message, however often it is tried
   * @throws GatewayUnavailableError where another attempt may succeed, and where the failure tells nothing of this message
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

/** The provider refused a message for good. Dead-lettered at once. */
export class MessageRefusedError extends UnrecoverableError {
  override readonly name = 'MessageRefusedError';
}

/**
 * The provider could not be reached, did not answer in time, asked to come back later, or would not let us in. Retried; and
 * since it strikes every message, it pauses the processor rather than dead-letter them all.
 */
export class GatewayUnavailableError extends Error {
  override readonly name = 'GatewayUnavailableError';
}
