import { NotificationSent, UserSignedUp } from '@app/contracts';
import { Consumes, EventContext, maskEmail, maskPhone } from '@cascade/jetstream';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { DeliveryLog, type Sent } from '../delivery-log/delivery-log.js';
import { DeliveryLogUnavailableError } from '../delivery-log/errors.js';
import { EmailGateway, MAIL_CONNECTIONS } from '../gateways/email-gateway.js';
import {
  type NotificationGateway,
  TEXT_GATEWAY,
  type TextMessage,
} from '../gateways/notification-gateway.js';
import { displayName } from './display-name.js';
import { welcomeEmail } from './welcome-email.js';
import { welcomeText } from './welcome-text.js';

/**
 * Maximum number of attempts for an event. The last attempt is made 21 to 26 minutes after the first. An outage may affect too
 * few events to pause the processor. The attempts outlast such an outage if it ends within this time.
 */
const ATTEMPTS = 8;

/** Welcomes each new user by text message if a phone number is known, and otherwise by e-mail. */
@Controller()
export class WelcomeProcessor {
  constructor(
    private readonly deliveries: DeliveryLog,
    private readonly email: EmailGateway,
    @Inject(TEXT_GATEWAY) private readonly text: NotificationGateway<TextMessage>,
  ) {}

  @Consumes(UserSignedUp, {
    processor: 'notifier',
    publishes: [NotificationSent],
    // The concurrency equals the number of connections. A message that waited for a connection would fail late if the server is
    // down.
    concurrency: MAIL_CONNECTIONS,
    attempts: ATTEMPTS,
    // This error means that no message was sent. Probes are cheap, so they can be frequent.
    outage: (error) => error instanceof DeliveryLogUnavailableError,
    pause: { maxProbe: 10_000 },
  })
  async notify(@Payload() user: UserSignedUp, @Ctx() { eventId }: EventContext): Promise<NotificationSent> {
    const { acceptedAt, ...sent } = await this.deliveries.sendOnce(eventId, () => this.send(user, eventId));
    return new NotificationSent({ userId: user.userId, ...sent, sentAt: acceptedAt.toISOString() });
  }

  private send({ phone, email, name }: UserSignedUp, key: string): Promise<Sent> {
    return phone ? this.sendText(phone, name, key) : this.sendEmail(email, name, key);
  }

  private async sendText(phone: string, name: string, key: string): Promise<Sent> {
    const providerMessageId = await this.text.send({ to: phone, body: welcomeText(name) }, key);
    return { channel: 'text', recipient: maskPhone(phone), providerMessageId };
  }

  private async sendEmail(address: string, name: string, key: string): Promise<Sent> {
    const to = { name: displayName(name), address };
    const providerMessageId = await this.email.send({ to, ...welcomeEmail(name) }, key);
    return { channel: 'email', recipient: maskEmail(address), providerMessageId };
  }
}
