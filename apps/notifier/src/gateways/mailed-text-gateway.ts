import type { EmailGateway } from './email-gateway.js';
import type { NotificationGateway, TextMessage } from './notification-gateway.js';

/**
 * Mails each text message to `NUMBER@text.localhost`, so that the mail catcher shows the message. Use this gateway only for
 * development. A real mail server would not deliver such an e-mail, because RFC 6761 reserves `localhost` for the local machine.
 */
export class MailedTextGateway implements NotificationGateway<TextMessage> {
  constructor(private readonly email: EmailGateway) {}

  send({ to, body }: TextMessage, key: string): Promise<string> {
    const address = `${to}@text.localhost`;
    return this.email.send({ to: { name: '', address }, subject: `Text message to ${to}`, text: body }, key);
  }
}
