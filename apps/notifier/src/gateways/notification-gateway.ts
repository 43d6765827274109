import { UnrecoverableError } from '@cascade/jetstream';
import type { Mailbox } from './mailbox.js';

/** Gateway that passes messages of one kind to the provider that delivers them. */
export interface NotificationGateway<Message> {
  /**
   * Sends a message, and resolves to the provider's id when the provider has accepted the message. Rejects after a timeout if the
   * provider does not answer.
   *
   * @param key Id of the event. Each attempt uses the same key, so that the provider or the recipient can recognize a duplicate.
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
  /** Phone number in E.164 format. */
  to: string;
  body: string;
}

/** Injection token of the `NotificationGateway<TextMessage>`. */
export const TEXT_GATEWAY = Symbol('text gateway');

/** Thrown if the provider refused a message permanently. The event is dead-lettered immediately. */
export class MessageRefusedError extends UnrecoverableError {
  override readonly name = 'MessageRefusedError';
}

/**
 * Thrown if the provider could not be reached or did not answer in time. Also thrown if the provider asked to retry later, or
 * refused the login. The event is retried. Such an error usually affects every message. Many such errors therefore pause the
 * processor, so that the events are not dead-lettered.
 */
export class GatewayUnavailableError extends Error {
  override readonly name = 'GatewayUnavailableError';
}
