import { DatabaseConfig } from '@cascade/service';
import { IsInt, IsOptional, IsString, IsUrl, Matches, Min, ValidateBy } from 'class-validator';
import { type Mailbox, parseMailbox } from './gateways/mailbox.js';
import type { TwilioGatewayOptions } from './gateways/twilio-gateway.js';

/** What the notifier reads from its environment. */
export class NotifierConfig extends DatabaseConfig {
  override port: number = 3001;

  /**
   * Days that the delivery log remembers a message, from 8: events are kept for 7, and what is forgotten before its event
   * would be sent again. Longer by default than failure events are kept, 30 days, for they can be replayed until then.
   */
  @IsInt()
  @Min(8, {
    message: 'deliveryLogDays must be 8 or more, for events are kept, and delivered again, for 7 days',
  })
  deliveryLogDays: number = 31;

  /** `smtp://` or `smtps://`; user and password in the URL, percent-encoded. */
  @IsUrl(
    { protocols: ['smtp', 'smtps'], require_protocol: true, require_tld: false, allow_underscores: true },
    {
      message:
        'smtpUrl must be a URL such as smtp://127.0.0.1:1025 or smtps://user:password@mail.example.com',
    },
  )
  smtpUrl: string = 'smtp://127.0.0.1:1025';

  /** Sender of the mails. Its domain is also that of their `Message-ID`s. */
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

  /** Default `https://api.twilio.com`. */
  @IsOptional()
  @IsUrl(
    { protocols: ['http', 'https'], require_protocol: true, require_tld: false, disallow_auth: true },
    { message: 'twilioBaseUrl must be a URL such as https://api.twilio.com' },
  )
  twilioBaseUrl?: string;

  get sender(): Mailbox {
    return parseMailbox(this.mailFrom)!;
  }

  /** How text messages are sent; undefined where they go to the mail catcher. */
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
    return [...super.contradictions(), ...this.twilioContradictions()];
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
      return [`Twilio is set up in part: set ${missing.join(', ')} too, or no TWILIO_… at all`];
    }
    if (this.nodeEnv === 'production') {
      return [
        `${missing.join(', ')} must be set in production: without Twilio, text messages go to the mail catcher and reach nobody`,
      ];
    }
    return [];
  }
}
