import { eventually } from '@cascade/testing';
import { randomUUID } from 'node:crypto';
import { EventLog } from './event-log.js';
import type { TestSystem } from './system.js';

export interface Accepted {
  readonly id: string;
  readonly correlationId: string;
}

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly to: readonly { readonly address: string; readonly name: string }[];
}

export function uniqueEmail(): string {
  return `ada-${randomUUID()}@example.com`;
}

export function postSignup(system: TestSystem, body: Record<string, unknown>): Promise<Response> {
  return fetch(`${system.url('signup')}/signups`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @throws Error if the signup is not accepted */
export async function signUp(system: TestSystem, body: Record<string, unknown>): Promise<Accepted> {
  const response = await postSignup(system, body);
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Accepted;
}

/** Returns the user id of a signup. The id comes from the signup's event, because the response does not contain the user id. */
export async function userOf(system: TestSystem, { correlationId }: Accepted): Promise<string> {
  const log = await EventLog.open(system.natsUrl);
  try {
    return await eventually(async () => {
      const [signedUp] = await log.flow(correlationId);
      if (!signedUp) throw new Error(`no event of the flow ${correlationId}`);
      return String(signedUp.body['userId']);
    });
  } finally {
    await log.close();
  }
}

/** @throws Error if the row does not exist yet */
export async function metadataOf(system: TestSystem, userId: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${system.url('metadata-writer')}/users/${userId}/metadata`);
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

/** Returns the messages that the mail catcher received for an address. */
export async function mailsTo(system: TestSystem, address: string): Promise<Mail[]> {
  const response = await fetch(`${system.url('mail')}/api/email`);
  const mails = (await response.json()) as Mail[];
  return mails.filter(({ to }) => to.some((recipient) => recipient.address === address));
}
