import { UserSignedUp } from '@app/contracts';
import { randomUUID } from 'node:crypto';

/** Creates the event of a new user. */
export function signup(fields: Partial<UserSignedUp> = {}): UserSignedUp {
  return new UserSignedUp({
    userId: randomUUID(),
    email: 'ada@example.com',
    name: 'Ada',
    locale: 'en',
    signedUpAt: new Date().toISOString(),
    ...fields,
  });
}
