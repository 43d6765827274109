import {
  NoOutboxError,
  OutboxRefusedError,
  OutboxTimeoutError,
  RemoteOutbox,
  type OutboxContent,
} from '@cascade/outbox';
import { suggestion } from '../../text/nearest.js';
import type { Broker } from '../broker/broker.js';
import type { Publisher } from '../declared.js';
import { CommandError, UsageError } from '../errors.js';

/** A service that may have an outbox. */
export interface AppOutbox {
  readonly app: string;
  readonly remote: RemoteOutbox;
}

export interface ShownOutbox extends OutboxContent {
  readonly app: string;
}

export interface Outboxes {
  readonly outboxes: readonly ShownOutbox[];
  /** Apps that did not answer, because they are stopped or have no outbox. */
  readonly silent: readonly string[];
  readonly failed: readonly FailedOutbox[];
}

export interface FailedOutbox {
  readonly app: string;
  readonly reason: string;
}

/**
 * Returns the services that may have an outbox.
 *
 * @param app limits the result to this app
 * @throws UsageError if no such app publishes initiating events
 */
export function outboxesOf(
  { nats }: Pick<Broker, 'nats'>,
  publishers: readonly Publisher[],
  app?: string,
): AppOutbox[] {
  const names = publishers.map((publisher) => publisher.app);
  if (app !== undefined && !names.includes(app)) {
    throw new UsageError(`No app called ${JSON.stringify(app)} publishes initiating events.`, [
      suggestion(app, names),
    ]);
  }
  return publishers
    .filter((publisher) => app === undefined || publisher.app === app)
    .map((publisher) => ({ app: publisher.app, remote: new RemoteOutbox(nats, publisher.source) }));
}

/**
 * Queries all outboxes in parallel.
 *
 * @param limit maximum number of set-aside events to list for each outbox
 */
export async function showAll(all: readonly AppOutbox[], limit: number): Promise<Outboxes> {
  const answers = await Promise.all(all.map((one) => ask(one, limit)));
  return {
    outboxes: answers.flatMap(({ outbox }) => outbox ?? []),
    silent: answers.flatMap(({ silent }) => silent ?? []),
    failed: answers.flatMap(({ failed }) => failed ?? []),
  };
}

/**
 * Finds the only service that has an outbox.
 *
 * @throws UsageError if several services have an outbox
 * @throws CommandError if no service answers, or if the outbox cannot be read
 */
export async function onlyOne(all: readonly AppOutbox[]): Promise<AppOutbox> {
  const { outboxes, silent, failed } = await showAll(all, 0);
  const [first, ...others] = [...outboxes, ...failed].map(({ app }) => app);
  if (!first) throw noAnswer(silent);
  if (others.length > 0) {
    throw new UsageError(`Several apps have an outbox: ${[first, ...others].join(', ')}.`, [
      'Choose one with --app.',
    ]);
  }
  if (failed[0]) throw new CommandError(failed[0].reason);
  return all.find(({ app }) => app === first)!;
}

export function noAnswer(apps: readonly string[]): CommandError {
  if (apps.length === 0)
    return new CommandError('No app publishes initiating events, so none has an outbox.');
  return new CommandError(`No service answers for the outbox of ${apps.join(', ')}.`, [
    'Start the app. If it runs, it has no outbox, or its user lacks the right to answer ' +
      '(`node cascade topology --format permissions`).',
  ]);
}

interface Answer {
  readonly outbox?: ShownOutbox;
  readonly silent?: string;
  readonly failed?: FailedOutbox;
}

async function ask({ app, remote }: AppOutbox, limit: number): Promise<Answer> {
  try {
    return { outbox: { app, ...(await remote.show(limit)) } };
  } catch (error) {
    if (error instanceof NoOutboxError) return { silent: app };
    if (error instanceof OutboxTimeoutError || error instanceof OutboxRefusedError)
      return { failed: { app, reason: error.message } };
    throw error;
  }
}
