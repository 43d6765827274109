import { NoOutboxError, RemoteOutbox, type OutboxContent } from '@cascade/outbox';
import { suggestion } from '../../generator/nearest.js';
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

/** Outboxes of the services that answer, and the apps of those that do not: they are stopped, or have no outbox. */
export interface Outboxes {
  readonly outboxes: readonly ShownOutbox[];
  readonly silent: readonly string[];
}

/**
 * @param app the only one to take
 * @throws UsageError where no service of that name publishes events by itself
 */
export function outboxesOf(
  { nats }: Pick<Broker, 'nats'>,
  publishers: readonly Publisher[],
  app?: string,
): AppOutbox[] {
  const names = publishers.map((publisher) => publisher.app);
  if (app !== undefined && !names.includes(app)) {
    throw new UsageError(`No app called ${JSON.stringify(app)} publishes events by itself.`, [
      suggestion(app, names),
    ]);
  }
  return publishers
    .filter((publisher) => app === undefined || publisher.app === app)
    .map((publisher) => ({ app: publisher.app, remote: new RemoteOutbox(nats, publisher.source) }));
}

/** Asks all of them at once. @param limit events that are set aside to list of each */
export async function showAll(all: readonly AppOutbox[], limit: number): Promise<Outboxes> {
  const shown = await Promise.all(
    all.map(async ({ app, remote }) => ({ app, content: await contentOf(remote, limit) })),
  );
  return {
    outboxes: shown.flatMap(({ app, content }) => (content ? [{ app, ...content }] : [])),
    silent: shown.flatMap(({ app, content }) => (content ? [] : [app])),
  };
}

/**
 * The outbox to act on.
 *
 * @throws UsageError where several services have one, CommandError where none has
 */
export async function onlyOne(all: readonly AppOutbox[]): Promise<AppOutbox> {
  const { outboxes, silent } = await showAll(all, 0);
  const [first, ...others] = outboxes;
  if (!first) throw nobodyAnswers(silent);
  if (others.length > 0) {
    throw new UsageError(`Several apps have an outbox: ${outboxes.map(({ app }) => app).join(', ')}.`, [
      'Say with --app which one.',
    ]);
  }
  return all.find(({ app }) => app === first.app)!;
}

export function nobodyAnswers(apps: readonly string[]): CommandError {
  if (apps.length === 0) return new CommandError('No app publishes events by itself, so none has an outbox.');
  return new CommandError(`Nobody answers for the outbox of ${apps.join(', ')}.`, [
    'Start the app: it does that itself, whatever database it has. Or it has no outbox, or its user lacks the right ' +
      '(`node cascade topology --format permissions`).',
  ]);
}

async function contentOf(remote: RemoteOutbox, limit: number): Promise<OutboxContent | undefined> {
  try {
    return await remote.show(limit);
  } catch (error) {
    if (error instanceof NoOutboxError) return undefined;
    throw error;
  }
}
