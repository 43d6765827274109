import type { EmailGateway } from './email-gateway.js';
import type { NotificationGateway, TextMessage } from './notification-gateway.js';

/**
 * Development only: mails each text message to `NUMBER@text.localhost`, so that the mail catcher shows it. No mail server
 * elsewhere would deliver there (RFC 6761 keeps `localhost` for this machine).
 */
export class MailedTextGateway implements NotificationGateway<TextMessage> {
  constructor(private readonly email: EmailGateway) {}

  send({ to, body }: TextMessage, key: string): Promise<string> {
    const address = `${to}@text.localhost`;
    return this.email.send({ to: { name: '', address }, subject: `Text message to ${to}`, text: body }, key);
  }
}
