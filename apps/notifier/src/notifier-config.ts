import { streams } from '@app/contracts';
import { EVENTS_STREAM, FAILURES_STREAM, keptFor } from '@cascade/jetstream';
import { DatabaseConfig } from '@cascade/service';
import { IsInt, IsOptional, IsString, IsUrl, Matches, ValidateBy } from 'class-validator';
import { type Mailbox, parseMailbox } from './gateways/mailbox.js';
import type { TwilioGatewayOptions } from './gateways/twilio-gateway.js';

const DAY = 24 * 60 * 60 * 1_000;

/** Environment of the notifier. */
export class NotifierConfig extends DatabaseConfig {
  override port: number = 3001;

  /**
   * Number of days for which the delivery log keeps its rows. By default, rows are kept for longer than the streams keep events
   * and failures.
   */
  @IsOptional()
  @IsInt()
  deliveryLogDays?: number;

  /** URL with `smtp://` or `smtps://`. The user and the password in the URL are percent-encoded. */
  @IsUrl(
    { protocols: ['smtp', 'smtps'], require_protocol: true, require_tld: false, allow_underscores: true },
    {
      message:
        'smtpUrl must be a URL such as smtp://127.0.0.1:1025 or smtps://user:password@mail.example.com',
    },
  )
  smtpUrl: string = 'smtp://127.0.0.1:1025';

  /** Sender of every e-mail. The domain of the sender's address is also the domain of each `Message-ID`. */
  @ValidateBy({
    name: 'isMailbox',
    validator: {
      validate: (text: string) => parseMailbox(text) !== undefined,
      defaultMessage: () => 'mailFrom must be one sender such as Cascade <welcome@example.com>',
    },
  })
  mailFrom: string = 'Cascade <welcome@cascade.localhost>';

  @IsOptional()
  @Matches(/^AC\w+$/, { message: 'twilioAccountSid must be an account SID, which begins with AC' })
  twilioAccountSid?: string;

  @IsOptional()
  @IsString()
  twilioAuthToken?: string;

  /** Sender of the text messages. */
  @IsOptional()
  @Matches(/^(\+[1-9]\d{6,14}|\d{3,8}|[\w -]{1,11})$/, {
    message:
      'twilioFrom must be an E.164 number such as +14155550123, a short code or a name of up to 11 characters',
  })
  twilioFrom?: string;

  /** Base URL of Twilio's API. Default `https://api.twilio.com`. */
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true },
    { message: 'twilioBaseUrl must be a URL such as https://api.twilio.com' },
  )
  twilioBaseUrl?: string;

  get daysOfDeliveries(): number {
    return this.deliveryLogDays ?? Math.max(this.daysOver(EVENTS_STREAM), this.daysOver(FAILURES_STREAM));
  }

  get sender(): Mailbox {
    return parseMailbox(this.mailFrom)!;
  }

  /** Options of Twilio; undefined if text messages go to the mail catcher. */
  get twilio(): TwilioGatewayOptions | undefined {
    const {
      twilioAccountSid: accountSid,
      twilioAuthToken: authToken,
      twilioFrom: from,
      twilioBaseUrl: baseUrl,
    } = this;
    return accountSid && authToken && from ? { accountSid, authToken, from, baseUrl } : undefined;
  }

  override contradictions(): string[] {
    return [...super.contradictions(), ...this.deliveryLogContradictions(), ...this.twilioContradictions()];
  }

  /**
   * Returns a contradiction unless the delivery log keeps its rows for longer than the stream EVENTS keeps events. A redelivery
   * could otherwise resend a message.
   */
  private deliveryLogContradictions(): string[] {
    const least = this.daysOver(EVENTS_STREAM);
    if (this.daysOfDeliveries >= least) return [];
    return [
      `DELIVERY_LOG_DAYS must be ${least} or more: longer than EVENTS keeps an event and may deliver it again (EVENTS_MAX_AGE), ` +
        `found ${this.daysOfDeliveries}`,
    ];
  }

  /** Returns the minimum number of whole days that exceeds the time for which a stream keeps its messages. */
  private daysOver(stream: string): number {
    return Math.floor(keptFor(stream, this.streamsOf(streams)) / DAY) + 1;
  }

  private twilioContradictions(): string[] {
    const credentials = {
      TWILIO_ACCOUNT_SID: this.twilioAccountSid,
      TWILIO_AUTH_TOKEN: this.twilioAuthToken,
      TWILIO_FROM: this.twilioFrom,
    };
    const missing = Object.entries(credentials).flatMap(([name, value]) =>
      value === undefined ? [name] : [],
    );
    if (missing.length === 0) return [];
    if (missing.length < 3 || this.twilioBaseUrl) {
      return [
        `Twilio is set up only in part: set ${missing.join(', ')} too, or unset all TWILIO_… variables`,
      ];
    }
    if (this.nodeEnv === 'production') {
      return [
        `${missing.join(', ')} must be set in production: without Twilio, text messages go to the mail catcher and are not delivered`,
      ];
    }
    return [];
  }
}
