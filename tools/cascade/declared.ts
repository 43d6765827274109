import type { EventClass, JetStreamSettings, ProcessorDeclaration } from '@cascade/jetstream';
import { readConfig, StreamConfig } from '@cascade/service';
import { readSystem, type LoadedApp } from '@cascade/topology';
import { isDeepStrictEqual } from 'node:util';
import { CommandError } from './errors.js';
import type { Host } from './host.js';

export interface Declared {
  readonly apps: number;
  readonly processors: readonly DeclaredProcessor[];
  /** Services that publish initiating events, and may therefore have an outbox. */
  readonly publishers: readonly Publisher[];
  /** Declared settings of the streams, with the overrides of the environment. */
  readonly settings: JetStreamSettings;
  /** Every version of every event of libs/contracts. */
  readonly contracts: readonly EventClass[];
}

export interface Publisher {
  readonly app: string;
  /** Value of `ce-source` in the app's events. */
  readonly source: string;
}

export interface DeclaredProcessor {
  readonly app: string;
  readonly declaration: ProcessorDeclaration;
}

/**
 * Reads the declarations of all apps.
 *
 * @throws TopologyError if the declarations cannot be read
 * @throws CommandError if services declare different streams
 * @throws InvalidConfigError if the environment sets an invalid size of a stream
 */
export async function readDeclared(host: Host): Promise<Declared> {
  const { apps, contracts } = await readSystem(host);
  const processors = apps.flatMap(({ name: app, processors }) =>
    processors.map(({ declaration }) => ({ app, declaration })),
  );
  const settings = readConfig(StreamConfig, host.env).streamsOf(sharedSettings(apps));
  const publishers = apps.flatMap(({ name: app, service }) =>
    service && service.publishes.length > 0 ? [{ app, source: service.source }] : [],
  );
  return { apps: apps.length, processors, publishers, settings, contracts };
}

/**
 * Returns the stream settings that all services declare; empty if there is no service.
 *
 * @throws CommandError if services declare different settings, because all services use the same streams
 */
export function sharedSettings(apps: readonly Pick<LoadedApp, 'name' | 'service'>[]): JetStreamSettings {
  const users = apps.flatMap(({ name, service }) =>
    service ? [{ name, settings: service.streams ?? {} }] : [],
  );
  const [first, ...others] = users;
  if (!first) return {};
  const other = others.find(({ settings }) => !isDeepStrictEqual(settings, first.settings));
  if (!other) return first.settings;
  throw new CommandError(
    `Apps ${first.name} and ${other.name} declare different streams: ${JSON.stringify(first.settings)} and ` +
      `${JSON.stringify(other.settings)}.`,
    ['Pass the `streams` of libs/contracts to JetStreamModule.forRoot() in all apps.'],
  );
}
