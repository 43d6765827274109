import { NotificationSent, UserSignedUp } from '@app/contracts';
import type { EventClass } from '@cascade/jetstream';
import { IsOptional, IsString } from 'class-validator';

/** The event `user.signed-up`, with an additional field that pads the event to a given size. */
export class SignedUp extends UserSignedUp {
  @IsOptional()
  @IsString()
  readonly about?: string;
}

/** The next event after {@link SignedUp}, of about the same size. */
export class Sent extends NotificationSent {
  @IsOptional()
  @IsString()
  readonly text?: string;

  constructor(fields: ConstructorParameters<typeof NotificationSent>[0] & { text?: string | undefined }) {
    super(fields);
  }
}

/** Size of an event's body, in bytes. */
export type Size = 256 | 4_096;

/** Returns the fields of an event whose JSON has `size` bytes. */
export function fieldsOf(size: Size): ConstructorParameters<typeof UserSignedUp>[0] & { about: string } {
  const fields = {
    userId: '0199d0a0-7c1e-7abc-8def-0123456789ab',
    email: 'ada.lovelace@example.com',
    name: 'Ada Lovelace',
    locale: 'en',
    signedUpAt: '2026-11-23T04:05:06.789Z',
    about: '',
  };
  return { ...fields, about: 'x'.repeat(size - JSON.stringify(fields).length) };
}

/** Returns the fields of the next event. All contestants publish the same fields. */
export function nextFieldsOf({ userId, about }: Pick<SignedUp, 'userId' | 'about'>, id: string) {
  return {
    userId,
    channel: 'email' as const,
    recipient: 'a**@example.com',
    providerMessageId: id,
    sentAt: new Date().toISOString(),
    text: about,
  };
}

export const SIGNED_UP = channelOf(SignedUp);
export const SENT = channelOf(Sent);

/**
 * Returns the subject of an event. Duplicates a function of the transport, because contestants without Cascade must not load the
 * transport.
 */
function channelOf({ event }: EventClass): string {
  return `events.${event.name}`;
}
